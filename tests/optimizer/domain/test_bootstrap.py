"""Intervals from resampled returns: how often they hold the truth, and what they do not depend on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.block_length import block_length
from services.optimizer.domain.bootstrap import resampled
from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.interval import mean_interval
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.validation import check_structure
from services.optimizer.domain.vectors import Vector, vector
from tests.optimizer.problems import control, moments, problem

SHARPE = 0.6
COVERED = (0.90, 0.98)


def normal(seed: int, sessions: int = 756) -> Vector:
    """Independent returns of an annual Sharpe ratio of 0.6 at a volatility of 16 %."""
    volatility = 0.16 / math.sqrt(252)
    return np.random.default_rng(seed).normal(SHARPE * 0.16 / 252, volatility, sessions)


def echoed(seed: int, memory: float, sessions: int) -> Vector:
    """An autoregression of order one."""
    noise = np.random.default_rng(seed).normal(0.0, 0.01, sessions)
    series = noise.copy()
    for at in range(1, sessions):
        series[at] += memory * series[at - 1]
    return series


def covered(seeds: int, draws: int) -> float:
    """The share of samples whose interval holds the true ratio."""
    found = [resampled(normal(seed), 0.0, seed, draws) for seed in range(seeds)]
    return float(np.mean([each is not None and each.sharpe.lower <= SHARPE <= each.sharpe.upper for each in found]))


def test_19_of_20_intervals_hold_the_true_ratio_of_independent_returns() -> None:
    assert COVERED[0] <= covered(200, 1000) <= COVERED[1]


def test_equal_seeds_draw_alike_and_others_do_not() -> None:
    assert resampled(normal(1), 0.0, 7) == resampled(normal(1), 0.0, 7)
    assert resampled(normal(1), 0.0, 7) != resampled(normal(1), 0.0, 8)


@pytest.mark.parametrize("memory", [0.3, 0.6, 0.9])
def test_blocks_are_as_long_as_an_autoregression_asks(memory: float) -> None:
    """G = 2φ/(1−φ)² and D = 2 ((1+φ)/(1−φ))² times the variance, in Politis and White's formula."""
    slope, level = 2 * memory / (1 - memory) ** 2, (1 + memory) / (1 - memory)
    ideal = (slope**2 / level**2 * 4000) ** (1 / 3)
    found = np.median([block_length(echoed(seed, memory, 4000)) for seed in range(15)])
    assert found == pytest.approx(ideal, rel=0.3)


def test_independent_returns_need_hardly_any_blocks() -> None:
    assert np.median([block_length(normal(seed)) for seed in range(20)]) < 4


def test_returns_that_follow_each_other_make_the_mean_less_certain() -> None:
    series = echoed(3, 0.5, 2000)
    found = resampled(series, 0.0, 0)
    assert found is not None
    alone = mean_interval(0.0, float(series.std(ddof=1)) * math.sqrt(252), 2000)
    # √((1+φ)/(1−φ)) = √3 times as wide.
    assert found.mean.upper - found.mean.lower > 1.3 * (alone.upper - alone.lower)


def test_the_ratio_does_not_depend_on_the_size_of_returns() -> None:
    one, other = resampled(normal(1), 0.0, 7), resampled(4.0 * normal(1), 0.0, 7)
    assert one is not None
    assert other is not None
    assert (other.sharpe.lower, other.sharpe.upper) == pytest.approx((one.sharpe.lower, one.sharpe.upper))
    assert other.mean.upper == pytest.approx(4.0 * one.mean.upper)


def test_a_higher_rate_lowers_the_ratio_and_leaves_the_mean() -> None:
    free, dear = resampled(normal(1), 0.0, 7), resampled(normal(1), 0.03, 7)
    assert free is not None
    assert dear is not None
    assert dear.sharpe.upper < free.sharpe.upper
    assert dear.mean == free.mean


@pytest.mark.parametrize("returns", [np.full(50, 0.001), np.array([0.01])])
def test_returns_that_do_not_vary_have_no_interval(returns: Vector) -> None:
    assert resampled(returns, 0.0, 0) is None
    assert block_length(returns) == 1.0


def test_two_returns_have_an_interval_that_is_finite() -> None:
    found = resampled(np.array([0.01, -0.02]), 0.0, 0)
    assert found is not None
    assert all(map(math.isfinite, (found.sharpe.lower, found.sharpe.upper)))


def with_returns(draws: int, sessions: int = 400) -> Problem:
    returns = np.random.default_rng(2).normal(0.0005, 0.01, (sessions, 12))
    return problem(of=replace(moments(), scenarios=vector(returns)), bootstrap_draws=draws, seed=3)


def test_a_result_says_how_its_intervals_were_found() -> None:
    engine = ChoosingEngine()
    drawn, plain = (engine.solve(with_returns(draws), control()) for draws in (500, 0))
    assert drawn.interval_method.startswith("stationary_bootstrap: mean block ")
    assert drawn.interval_method.endswith(" sessions, 500 draws")
    assert plain.interval_method == "lo_2002"
    for found in (drawn, plain):
        assert found.interval is not None
        assert found.return_interval is not None
        assert found.return_interval.lower < found.return_interval.upper
    assert np.array_equal(drawn.solved.weights, plain.solved.weights)


def test_draws_without_returns_fall_back_on_the_moments() -> None:
    assert ChoosingEngine().solve(problem(bootstrap_draws=500), control()).interval_method == "lo_2002"


def test_more_returns_than_can_be_drawn_in_time_are_refused() -> None:
    with pytest.raises(InvalidProblem, match="bootstrap_draws"):
        check_structure(with_returns(10_000, 6000))
