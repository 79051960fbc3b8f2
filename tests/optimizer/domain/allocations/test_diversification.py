"""How much assets diversify each other."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from services.optimizer.domain.allocations.baselines import equal_weight
from services.optimizer.domain.allocations.diversification import (
    diversification_ratio,
    diversification_rewards,
    effective_bets,
)
from services.optimizer.domain.allocations.risk_budgeting import risk_budgeting
from services.optimizer.domain.allocations.risk_contributions import risk_contributions
from services.optimizer.domain.covariance import Covariance, DenseCovariance
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.domain.allocations.universes import covariance, covariances, equally_correlated, portfolios
from tests.optimizer.problems import control, moments, problem

FEW = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="module")
def most_diversified() -> tuple[Covariance, np.ndarray]:
    """By the engine of the Sharpe ratio, with volatilities for expected returns."""
    of = moments(20, 4, 3)
    of = replace(of, expected_returns=diversification_rewards(of.covariance))
    answer = ChoosingEngine().solve(problem(Goal(Objective.SHARPE), of=of), control())
    return of.covariance, answer.solved.weights


def test_the_greatest_sharpe_ratio_of_volatilities_is_the_greatest_diversification(
    most_diversified: tuple[Covariance, np.ndarray],
) -> None:
    of, weights = most_diversified
    greatest = diversification_ratio(of, weights)
    assert all(diversification_ratio(of, other) <= greatest for other in portfolios(20, 500))
    assert diversification_ratio(of, risk_budgeting(of).weights) <= greatest


def test_the_objective_by_that_name_is_the_same_program(most_diversified: tuple[Covariance, np.ndarray]) -> None:
    stated = problem(Goal(Objective.DIVERSIFICATION), of=moments(20, 4, 3))
    answer = ChoosingEngine().solve(stated, control()).solved
    assert answer.weights == pytest.approx(most_diversified[1], abs=1e-7)
    assert answer.objective == pytest.approx(diversification_ratio(*most_diversified), rel=1e-10)


def test_whatever_is_held_has_the_same_correlation_with_the_most_diversified_portfolio(
    most_diversified: tuple[Covariance, np.ndarray],
) -> None:
    of, weights = most_diversified
    marginal = risk_contributions(of, weights).marginal
    correlations, least = marginal / np.sqrt(of.variances), 1 / diversification_ratio(of, weights)
    held = weights > 1e-6
    assert 0 < held.sum() < 20
    assert correlations[held] == pytest.approx(np.full(held.sum(), least), abs=1e-6)
    assert correlations[~held].min() >= least - 1e-6


@FEW
@given(of=covariances())
def test_no_long_only_portfolio_diversifies_less_than_one_asset(of: Covariance) -> None:
    assert all(diversification_ratio(of, weights) >= 1 - 1e-12 for weights in portfolios(of.assets, 20))
    assert diversification_ratio(of, np.eye(of.assets)[0]) == pytest.approx(1)


def test_uncorrelated_assets_of_one_volatility_diversify_by_the_root_of_their_number() -> None:
    of = equally_correlated(np.full(16, 0.2), 0.0)
    assert diversification_ratio(of, equal_weight(16)) == pytest.approx(4)


def test_the_size_of_a_portfolio_does_not_diversify_it() -> None:
    of, weights = covariance(6), portfolios(6, 1)[0]
    assert diversification_ratio(of, 0.3 * weights) == pytest.approx(diversification_ratio(of, weights))


def test_a_hedge_without_risk_diversifies_without_end_and_no_risk_at_all_does_not() -> None:
    hedge = DenseCovariance(np.array([[0.04, -0.04], [-0.04, 0.04]]))
    assert diversification_ratio(hedge, equal_weight(2)) == math.inf
    assert diversification_ratio(DenseCovariance(np.zeros((2, 2))), equal_weight(2)) == 1


def test_equal_contributions_are_as_many_bets_as_assets() -> None:
    of = covariance(10)
    equal = risk_contributions(of, risk_budgeting(of).weights).relative
    assert effective_bets(equal) == pytest.approx(10)
    assert effective_bets(risk_contributions(of, np.eye(10)[3]).relative) == pytest.approx(1)
    assert effective_bets(np.zeros(3)) == 0


@FEW
@given(of=covariances())
def test_no_contributions_above_zero_are_more_bets_than_assets(of: Covariance) -> None:
    for weights in portfolios(of.assets, 10):
        contributions = risk_contributions(of, weights).relative
        assert contributions.min() < 0 or 1 - 1e-12 <= effective_bets(contributions) <= of.assets + 1e-9
