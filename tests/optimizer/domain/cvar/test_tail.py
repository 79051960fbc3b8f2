"""CVaR, VaR and the tail of a given portfolio."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.solvers.cvar import Scenarios, conditional_value_at_risk, tail_cut
from tests.optimizer.domain.cvar.worlds import World, returns, worlds

swift = settings(max_examples=60, deadline=None, derandomize=True)


def weights_of(world: World, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=world.admissible.assets)


@swift
@given(worlds(), st.integers(0, 99))
def test_cvar_is_the_least_of_the_function_of_alpha_that_defines_it(world: World, seed: int) -> None:
    scenarios, weights = world.scenarios, weights_of(world, seed)
    losses = -world.returns @ weights

    def of(alpha: float) -> float:
        return float(alpha + scenarios.shares @ np.maximum(losses - alpha, 0.0))

    tail = scenarios.tail(weights)
    # Convex and piecewise linear: its least is at a loss.
    assert tail.cvar == pytest.approx(min(of(loss) for loss in losses), abs=1e-13)
    assert of(tail.var) == pytest.approx(tail.cvar, abs=1e-13)
    assert minimize_scalar(of, bounds=(losses.min() - 1, losses.max() + 1), method="bounded").fun >= tail.cvar - 1e-13


@swift
@given(worlds(), st.integers(0, 99))
def test_the_tail_is_a_distribution_within_its_shares(world: World, seed: int) -> None:
    scenarios = world.scenarios
    tail = scenarios.tail(weights_of(world, seed))
    assert tail.weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert tail.weights.min() >= 0
    assert (tail.weights - scenarios.shares).max() <= 1e-14
    assert tail.cvar >= tail.var - 1e-15


@swift
@given(worlds(), st.integers(0, 99))
def test_var_is_the_least_loss_exceeded_with_the_tails_probability_at_most(world: World, seed: int) -> None:
    scenarios, weights = world.scenarios, weights_of(world, seed)
    losses, share = -world.returns @ weights, scenarios.shares
    tail = scenarios.tail(weights)
    assert share[losses > tail.var].sum() <= 1 + 1e-11
    below = losses[(losses < tail.var) & (share > 0)]
    if below.size:
        assert share[losses > below.max()].sum() > 1


@swift
@given(worlds(), st.integers(0, 99), st.integers(0, 99))
def test_the_cut_of_one_portfolio_holds_for_every_other(world: World, one: int, other: int) -> None:
    here, there = weights_of(world, one), weights_of(world, other)
    row, cvar = tail_cut(world.returns, here, world.confidence, world.probabilities)
    assert row @ here == pytest.approx(cvar, abs=1e-14)
    assert row @ there <= world.scenarios.tail(there).cvar + 1e-14


@swift
@given(worlds(), st.integers(0, 99), st.integers(0, 99), st.floats(0.0, 5.0), st.floats(-0.1, 0.1))
def test_cvar_is_a_coherent_measure(world: World, one: int, other: int, factor: float, cash: float) -> None:
    scenarios, here, there = world.scenarios, weights_of(world, one), weights_of(world, other)
    cvar = scenarios.tail(here).cvar
    assert scenarios.tail(factor * here).cvar == pytest.approx(factor * cvar, abs=1e-13)
    assert scenarios.tail(here + there).cvar <= cvar + scenarios.tail(there).cvar + 1e-13
    assert scenarios.tail_of(scenarios.losses(here) + cash).cvar == pytest.approx(cvar + cash, abs=1e-13)
    smaller = scenarios.losses(here) - np.abs(scenarios.losses(there))
    assert scenarios.tail_of(smaller).cvar <= cvar + 1e-13


@swift
@given(worlds(), st.integers(0, 99))
def test_more_confidence_never_means_less_cvar(world: World, seed: int) -> None:
    weights = weights_of(world, seed)
    found = [
        conditional_value_at_risk(world.returns, weights, confidence, world.probabilities).cvar
        for confidence in (0.0, 0.3, 0.5, 0.77, 0.9, 0.95, 0.975, 0.99, 0.999)
    ]
    assert np.diff(found).min() >= -1e-14


@swift
@given(worlds(), st.integers(0, 99), st.randoms(use_true_random=False))
def test_the_order_of_the_scenarios_does_not_matter(world: World, seed: int, random: object) -> None:
    order = list(range(world.returns.shape[0]))
    random.shuffle(order)  # type: ignore[attr-defined]
    scenarios, losses = world.scenarios, world.scenarios.losses(weights_of(world, seed))
    tail = scenarios.tail_of(losses)
    shuffled = Scenarios(scenarios.returns[order], scenarios.shares[order]).tail_of(losses[order])
    assert shuffled.cvar == pytest.approx(tail.cvar, abs=1e-14)
    assert shuffled.var == tail.var
    assert shuffled.weights == pytest.approx(tail.weights[order], abs=1e-13)


def test_the_tail_of_a_twentieth_of_a_hundred_is_the_mean_of_the_worst_five() -> None:
    losses = np.arange(100.0)
    tail = conditional_value_at_risk(-losses[:, None], np.ones(1), 0.95)
    assert tail.cvar == pytest.approx(97.0, abs=1e-12)
    assert tail.var == 94.0


def test_a_tail_that_cuts_through_a_scenario_takes_a_part_of_it() -> None:
    tail = conditional_value_at_risk(np.array([[-3.0], [-2.0], [-1.0], [0.0]]), np.ones(1), 0.625)
    assert tail.weights == pytest.approx([2 / 3, 1 / 3, 0.0, 0.0])
    assert (tail.cvar, tail.var) == (pytest.approx(8 / 3), 2.0)


def test_a_tail_thinner_than_any_scenario_is_the_worst_one() -> None:
    tail = conditional_value_at_risk(np.array([[-3.0], [1.0], [2.0]]), np.ones(1), 0.99)
    assert (tail.cvar, tail.var) == (3.0, 3.0)
    assert tail.weights.tolist() == [1.0, 0.0, 0.0]


def test_one_scenario_is_its_own_tail() -> None:
    tail = conditional_value_at_risk(np.array([[0.02, -0.04]]), np.array([0.5, 0.5]), 0.95)
    assert (tail.cvar, tail.var) == (pytest.approx(0.01), pytest.approx(0.01))


def test_ties_share_the_tail_alike() -> None:
    tail = conditional_value_at_risk(np.array([[-1.0], [-2.0], [-1.0], [-1.0], [0.0]]), np.ones(1), 0.6)
    assert tail.weights == pytest.approx([1 / 6, 1 / 2, 1 / 6, 1 / 6, 0.0])


def test_a_scenario_sent_twice_counts_as_one_of_twice_the_probability() -> None:
    base, weights = returns(30, 4), np.array([0.4, 0.3, 0.2, 0.1])
    chances = np.full(30, 1 / 31)
    chances[7] = 2 / 31
    twice = conditional_value_at_risk(np.vstack([base, base[[7]]]), weights, 0.9)
    heavy = conditional_value_at_risk(base, weights, 0.9, chances)
    assert twice.cvar == pytest.approx(heavy.cvar, abs=1e-15)


def test_scenarios_without_probability_are_never_seen() -> None:
    base, weights = returns(30, 4), np.full(4, 0.25)
    chances = np.append(np.full(30, 1 / 30), 0.0)
    ruin = np.vstack([base, np.full((1, 4), -1.0)])
    tail = conditional_value_at_risk(ruin, weights, 0.9, chances)
    assert tail.cvar == pytest.approx(conditional_value_at_risk(base, weights, 0.9).cvar, abs=1e-15)
    assert tail.weights[-1] == 0


@pytest.mark.parametrize(
    ("base", "confidence", "chances", "field"),
    [
        (np.zeros(3), 0.9, None, "scenarios"),
        (np.zeros((0, 3)), 0.9, None, "scenarios"),
        (np.zeros((2, 3)), 1.0, None, "confidence"),
        (np.zeros((2, 3)), -0.1, None, "confidence"),
        (np.zeros((2, 3)), float("nan"), None, "confidence"),
        (np.zeros((2, 3)), 0.9, np.ones(3) / 3, "probabilities"),
        (np.zeros((2, 3)), 0.9, np.array([0.7, 0.7]), "probabilities"),
        (np.zeros((2, 3)), 0.9, np.array([1.5, -0.5]), "probabilities"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    base: np.ndarray, confidence: float, chances: np.ndarray | None, field: str
) -> None:
    with pytest.raises(InvalidProblem) as raised:
        Scenarios.of(base, confidence, chances)
    assert [each.field for each in raised.value.violations] == [field]
