"""What is told of an optimum."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.constraints import Bounds, Constraints
from services.optimizer.domain.interval import sharpe_interval
from services.optimizer.domain.moments import Quality
from services.optimizer.domain.result import Solved, measures, optimum
from tests.optimizer.problems import moments, problem


def solved(weights: np.ndarray) -> Solved:
    return Solved(weights, 1.0, 1.0, 0.0, 5, "test", clock_stopped=False)


def test_the_interval_is_lo_s_at_the_rate_of_sessions() -> None:
    """Lo (2002): SE = √((1 + ½SR²)/T) of the ratio per session, times √252."""
    found = sharpe_interval(0.8, 756)
    error = math.sqrt((1 + 0.5 * 0.8**2 / 252) / 756) * math.sqrt(252)
    assert found.lower == pytest.approx(0.8 - 1.959964 * error, abs=1e-6)
    assert found.upper == pytest.approx(0.8 + 1.959964 * error, abs=1e-6)


def test_more_observations_narrow_the_interval() -> None:
    wide, narrow = sharpe_interval(0.5, 100), sharpe_interval(0.5, 10_000)
    assert wide.lower < narrow.lower < 0.5 < narrow.upper < wide.upper


def test_measures_turnover_and_cash_follow_from_the_weights() -> None:
    stated = problem(current={"S000": 0.5}, leaving=0.1)
    weights = np.zeros(12)
    weights[:2] = [0.3, 0.4]
    found = optimum(stated, solved(weights), 3.0, "hash")
    expected = float(stated.moments.expected_returns @ weights)
    assert found.measures.expected_return == expected
    assert found.measures.sharpe_ratio == pytest.approx(expected / found.measures.volatility)
    assert found.turnover == pytest.approx(0.5 * (0.2 + 0.4 + 0.1))
    assert found.cash == pytest.approx(0.3)
    assert found.interval is not None


def test_what_the_moments_rest_on_is_told_with_the_assets_that_may_not_be_held() -> None:
    quality = Quality(short_histories=("S001",), observations_asked=756, observations_used=700)
    barred = Constraints(bounds={"S002": Bounds(0.0, 0.0), "S003": Bounds(0.0, 0.1), "S001": Bounds(0.1, 0.1)})
    stated = problem(constraints=barred, of=replace(moments(), quality=quality))
    found = optimum(stated, solved(np.full(12, 1 / 12)), 0.0, "")
    assert (found.quality, found.dropped) == (quality, ("S002",))
    assert optimum(problem(), solved(np.full(12, 1 / 12)), 0.0, "").quality is None


def test_without_returns_there_is_no_interval_and_the_reason_is_given() -> None:
    stated = problem()
    bare = replace(stated, moments=replace(stated.moments, observations=0))
    found = optimum(bare, solved(np.full(12, 1 / 12)), 0.0, "")
    assert found.interval is None
    assert "no returns" in found.interval_absent_because


def test_cash_alone_has_neither_ratio_nor_interval() -> None:
    found = optimum(problem(), solved(np.zeros(12)), 0.0, "")
    assert measures(problem(), np.zeros(12)).sharpe_ratio == 0.0
    assert "no risk" in found.interval_absent_because
