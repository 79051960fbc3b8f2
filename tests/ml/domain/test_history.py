from datetime import date, timedelta

import numpy as np
import pytest

from services.ml.domain.errors import InsufficientHistory, ReturnOutOfRange, Shortfall
from services.ml.domain.history import Returns, common_window

from .strategies import correlated_returns

SESSIONS = [date(2020, 1, 1) + timedelta(days=day) for day in range(60)]


def test_a_session_counts_only_if_every_symbol_has_a_return():
    values = correlated_returns(1, 60, 3)
    values[0, 1] = values[7, 0] = values[7, 2] = np.nan
    window = common_window(Returns("ABC", values, SESSIONS, [SESSIONS[0]] * 3), 30)
    assert len(window.values) == 58
    assert not np.isnan(window.values).any()
    assert (window.start, window.end) == (SESSIONS[1], SESSIONS[-1])


def test_each_symbols_history_is_reported_in_order():
    values = correlated_returns(1, 60, 3)
    values[:10, 1] = np.nan
    values[20, 2] = np.nan
    starts = [SESSIONS[0], SESSIONS[10], None]
    histories = common_window(Returns("ABC", values, SESSIONS, starts), 30).histories
    assert [(h.symbol, h.start, h.observations, h.missing, h.short) for h in histories] == [
        ("A", SESSIONS[0], 60, 0, False),
        ("B", SESSIONS[10], 50, 10, True),
        ("C", None, 59, 1, False),
    ]


def test_a_symbol_whose_last_return_is_missing_is_stale():
    values = correlated_returns(1, 60, 3)
    values[-1, 1] = values[-2, 2] = np.nan
    histories = common_window(Returns("ABC", values), 30).histories
    assert [history.stale for history in histories] == [False, True, False]


def test_too_few_sessions_name_every_symbol_that_is_short_the_shortest_first():
    values = correlated_returns(1, 60, 3)
    values[:40, 0] = values[:50, 2] = np.nan
    with pytest.raises(InsufficientHistory) as refused:
        common_window(Returns("ABC", values), 30)
    assert refused.value.short == [Shortfall("C", 10, 30), Shortfall("A", 20, 30)]
    assert str(refused.value) == "10 sessions have a return of every symbol, but 30 are needed"


def test_gaps_that_only_together_leave_too_little_name_all_who_have_them():
    values = correlated_returns(1, 60, 3)
    values[:25, 0] = values[35:, 2] = np.nan
    with pytest.raises(InsufficientHistory) as refused:
        common_window(Returns("ABC", values), 30)
    assert refused.value.short == [Shortfall("A", 35, 30), Shortfall("C", 35, 30)]


def test_no_sessions_at_all_name_every_symbol():
    with pytest.raises(InsufficientHistory) as refused:
        common_window(Returns("AB", np.empty((0, 2))), 30)
    assert [shortfall.has for shortfall in refused.value.short] == [0, 0]


@pytest.mark.parametrize("absurd", [np.inf, -np.inf, 2e6])
def test_an_infinite_or_absurd_return_is_named(absurd):
    values = correlated_returns(1, 60, 3)
    values[5, 1] = absurd
    with pytest.raises(ReturnOutOfRange, match="of B in row 5"):
        common_window(Returns("ABC", values), 30)


def test_undated_returns_give_an_undated_window():
    window = common_window(Returns("AB", correlated_returns(1, 60, 2)), 30)
    assert (window.start, window.end) == (None, None)
