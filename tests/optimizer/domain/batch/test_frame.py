"""Frames in packed form: what goes in comes out, and sizes that do not fit are told by field."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.optimizer.domain.batch.answers import Answers, unanswered
from services.optimizer.domain.batch.frame import FIELDS, MOST_NUMBERS, Frame, misfits, numbers_of, parts_of, width
from services.optimizer.domain.records import from_bytes, to_bytes

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(0, 3))


@st.composite
def frames(draw):
    """A frame, its sizes and the arrays that it was made of."""
    count, assets, rows = draw(SIZES)
    values = st.floats(allow_nan=True, width=64)
    sent = {}
    for field in draw(st.sets(st.sampled_from(FIELDS))):
        each = width(field, assets, rows)
        sent[field] = draw(arrays(np.float64, (count, each), elements=values))
    return Frame(count, **{field: array.astype("<f8").tobytes() for field, array in sent.items()}), assets, rows, sent


@given(frames())
def test_numbers_survive_the_way_to_a_worker(drawn):
    frame, assets, rows, sent = drawn
    assert not list(misfits(frame, assets, rows))
    found = numbers_of(bytearray(b"".join(parts_of(frame))), assets, rows)
    assert found.count == frame.count
    for field in FIELDS:
        array = getattr(found, field)
        if field in sent and sent[field].size:
            assert np.array_equal(array.reshape(sent[field].shape), sent[field], equal_nan=True)
        else:
            assert array is None


@given(frames(), st.sampled_from(FIELDS), st.integers(1, 200).filter(lambda extra: extra % 8))
def test_a_size_that_does_not_fit_names_its_field(drawn, field, extra):
    frame, assets, rows, _ = drawn
    broken = Frame(frame.count, **{field: bytes(extra)})
    [violation] = misfits(broken, assets, rows)
    assert violation.field == field
    assert f"not {extra}" in violation.mend


@pytest.mark.parametrize("count", [0, -1, MOST_NUMBERS // 500 + 1])
def test_a_frame_has_some_portfolios_and_not_too_many(count):
    assert [each.field for each in misfits(Frame(count), 500, 0)] == ["count"]


def test_parts_of_the_numbers_are_the_portfolios_asked_for():
    frame = Frame(5, caps=np.arange(5.0).tobytes(), mu_tilts=np.arange(15.0).tobytes())
    numbers = numbers_of(b"".join(parts_of(frame)), 3, 0)
    assert numbers.part(1, 3).caps.tolist() == [1, 2]
    assert numbers.only(np.array([4, 0])).mu_tilts.tolist() == [[12, 13, 14], [0, 1, 2]]


def test_answers_survive_the_way_from_a_worker():
    answers = from_bytes(Answers, to_bytes(unanswered(2, "its process died")))
    assert answers.count == 2
    assert np.isnan(answers.objectives).all()
    assert [each.description for each in answers.failures] == ["its process died"] * 2
