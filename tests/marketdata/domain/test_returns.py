import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.marketdata.domain.errors import AnswerTooLarge, NoSessions
from services.marketdata.domain.returns import MAX_NUMBERS, Closes, returns_window

FIRST = 738_000


def closes(table):
    """The closes of a T × N table, NaN being no bar, in no order."""
    rows, cols = np.nonzero(~np.isnan(table))
    shuffled = np.random.default_rng(1).permutation(len(rows))
    rows, cols = rows[shuffled], cols[shuffled]
    return Closes(cols.astype(np.int32), (FIRST + rows).astype(np.int32), table[rows, cols])


def test_returns_equal_numpys():
    table = np.random.default_rng(3).uniform(1, 100, (50, 7))
    window = returns_window(closes(table), 7, 1000)
    np.testing.assert_allclose(window.returns, table[1:] / table[:-1] - 1, rtol=1e-12, atol=1e-15)
    assert window.sessions.tolist() == list(range(FIRST + 1, FIRST + 50))


def test_a_return_without_both_closes_is_not_a_number_and_counted_as_missing():
    nan = np.nan
    window = returns_window(closes(np.array([[1, 2], [2, nan], [4, 6], [8, 9]])), 2, 10)
    np.testing.assert_array_equal(window.returns, [[1, nan], [1, nan], [1, 0.5]])
    assert window.observations.tolist() == [3, 1]
    assert window.missing.tolist() == [0, 2]


def test_sessions_are_those_of_the_asked_symbols_together():
    nan = np.nan
    window = returns_window(closes(np.array([[1, nan], [nan, nan], [2, 5], [nan, 10]])), 2, 10)
    assert window.sessions.tolist() == [FIRST + 2, FIRST + 3]
    np.testing.assert_array_equal(window.returns, [[1, nan], [nan, 1]])


def test_the_window_is_the_last_sessions_of_the_union():
    table = np.random.default_rng(4).uniform(1, 2, (30, 3))
    window = returns_window(closes(table), 3, 5)
    np.testing.assert_allclose(window.returns, (table[1:] / table[:-1] - 1)[-5:], rtol=1e-12, atol=1e-15)


def test_a_symbol_without_any_bar_is_a_column_of_missing_returns():
    window = returns_window(closes(np.array([[1, np.nan], [2, np.nan]])), 2, 10)
    assert np.isnan(window.returns[:, 1]).all()
    assert window.missing.tolist() == [0, 1]


@pytest.mark.parametrize("sessions", [0, 1])
def test_a_return_needs_two_sessions(sessions):
    with pytest.raises(NoSessions):
        returns_window(closes(np.ones((sessions, 2))), 2, 10)


def test_a_matrix_that_no_message_carries_is_refused():
    with pytest.raises(AnswerTooLarge):
        returns_window(closes(np.ones((3, 1))), MAX_NUMBERS, 10)


@given(arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(1, 4)), elements=st.floats(1e-300, 1e300)))
def test_every_return_is_a_finite_number_or_missing(table):
    window = returns_window(closes(table), table.shape[1], 100)
    assert not np.isinf(window.returns).any()
    assert (window.observations + window.missing == len(window.sessions)).all()
