import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import UNITS, Figure, read

names = st.from_regex(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", fullmatch=True)


@given(names, st.floats(-1e6, 1e9), st.sampled_from(UNITS))
def test_a_printed_figure_reads_back_to_within_half_a_percent(name, value, unit):
    found = read(Figure(name, value, unit).line())
    assert (found.name, found.unit) == (name, unit)
    assert found.value == pytest.approx(value, rel=5e-3, abs=5e-4)


@pytest.mark.parametrize("line", ["", "reading.cpu", "reading.cpu 12", "reading.cpu fast us", "reading.cpu 12 parsec"])
def test_what_is_no_figure_is_refused(line):
    with pytest.raises(ValueError, match="not a figure"):
        read(line)
