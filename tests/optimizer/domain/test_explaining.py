"""What an explanation says is true: limits are worth their prices, assets are held at the return that is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.constraints import Bounds, Constraints, CvarLimit, FactorLimit, Group, LinearLimit
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.explaining import explain
from services.optimizer.domain.explanation import Explanation, Place, ShadowPrice
from services.optimizer.domain.goal import RETURNS, Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import CLARABEL, ChoosingEngine
from services.optimizer.domain.vectors import vector
from tests.optimizer.limits import limit_of, with_limit
from tests.optimizer.problems import control, equal_weights, moments, problem, problems, symbols

ENGINE = ChoosingEngine()
TECH, OIL = symbols(4), symbols(8)[5:]
STEP = 2e-5

GOALS = (
    Goal(Objective.SHARPE, risk_free_rate=0.01),
    Goal(Objective.RETURN, max_volatility=0.075),
    Goal(Objective.RISK, min_return=0.11),
    Goal(Objective.UTILITY, risk_aversion=4.0),
    Goal(Objective.ACTIVE_UTILITY, risk_aversion=9.0),
    Goal(Objective.TRACKING_ERROR, min_return=0.1),
    Goal(Objective.DIVERSIFICATION),
)
LIMITS = {
    "groups and bounds": Constraints(
        default_bounds=Bounds(0.0, 0.26),
        bounds={"S003": Bounds(0.03, 0.1)},
        groups=(Group("tech", TECH, max=0.31), Group("oil", OIL, min=0.3)),
        benchmark=equal_weights(12),
    ),
    "rows and factors": Constraints(
        default_bounds=Bounds(-0.2, 0.3),
        rows=(LinearLimit("duration", {"S000": 2.0, "S005": 5.0, "S009": 8.0}, max=1.1),),
        factors=(FactorLimit(0, -0.004, 0.004), FactorLimit(1, min=-0.006)),
        benchmark=equal_weights(12),
    ),
    "turnover": Constraints(max_turnover=0.2, benchmark=equal_weights(12)),
    "gross and active bounds": Constraints(
        default_bounds=Bounds(-1.0, 1.0), max_gross=1.15, active_bounds=Bounds(-0.13, 0.13), benchmark=equal_weights(12)
    ),
    "tracking and budget": Constraints(
        min_budget=0.9, max_budget=0.95, max_tracking_error=0.035, benchmark=equal_weights(12)
    ),
}


def explained(stated: Problem, engine: ChoosingEngine = ENGINE) -> tuple[Certified, Explanation]:
    found = engine.certified(stated, control())
    return found, explain(stated, found)


def stated(goal: Goal, limits: str, **fields: object) -> Problem:
    return problem(goal, LIMITS[limits], of=moments(seed=4), current=equal_weights(12), **fields)


def gain(at: Problem, price: ShadowPrice) -> float:
    """What the goal gains per unit where the limit begins to give way: curvature taken out by two steps."""
    return 2 * gained(at, price, STEP / 2) - gained(at, price, STEP)


def gained(at: Problem, price: ShadowPrice, step: float) -> float:
    relaxed = with_limit(at, price.subject, limit_of(at, price.subject) + (step if price.is_cap else -step))
    before, after = (ENGINE.certified(each, control()).solved.objective for each in (at, relaxed))
    return (after - before) / step * (1 if at.goal.maximizes else -1)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.objective)
def test_a_limit_that_gives_way_is_worth_its_price(goal: Goal, limits: str) -> None:
    at = stated(goal, limits)
    _, why = explained(at)
    assert why.shadow_prices or goal.objective not in RETURNS
    for price in why.shadow_prices:
        assert gain(at, price) == pytest.approx(price.price, rel=2e-3, abs=1e-5), price.subject


SCENARIOS = vector(np.random.default_rng(3).normal(0.0004, 0.01, (400, 12)))
TAILS = (
    (Goal(Objective.CVAR, min_return=0.1), Constraints(default_bounds=Bounds(0.0, 0.23))),
    (
        Goal(Objective.RETURN),
        Constraints(
            default_bounds=Bounds(0.0, 0.3), groups=(Group("tech", TECH, max=0.31),), max_cvar=CvarLimit(0.009)
        ),
    ),
    (
        Goal(Objective.CVAR, min_return=0.1),
        Constraints(default_bounds=Bounds(0.0, 0.23), benchmark=equal_weights(12), max_tracking_error=0.05),
    ),
)


@pytest.mark.parametrize(("goal", "constraints"), TAILS, ids=["least", "capped", "near a benchmark"])
def test_limits_beside_a_conditional_value_at_risk_are_worth_their_prices(goal: Goal, constraints: Constraints) -> None:
    at = problem(goal, constraints, of=replace(moments(seed=4), scenarios=SCENARIOS))
    found, why = explained(at)
    assert found.solved.kkt is not None
    assert found.solved.kkt.dual <= 1e-6
    assert why.shadow_prices
    for price in why.shadow_prices:
        assert gain(at, price) == pytest.approx(price.price, rel=1e-2, abs=1e-4), price.subject


def test_costs_leave_the_prices_true() -> None:
    at = stated(GOALS[3], "groups and bounds", costs=Costs(commission=0.002, borrow=0.01))
    for price in explained(at)[1].shadow_prices:
        assert gain(at, price) == pytest.approx(price.price, rel=2e-3, abs=1e-5), price.subject


def test_another_engine_tells_the_same_prices() -> None:
    for goal in GOALS[:4]:
        at = stated(goal, "groups and bounds")
        one, other = explained(at)[1], explained(at, ChoosingEngine((CLARABEL,)))[1]
        assert [each.subject for each in one.shadow_prices] == [each.subject for each in other.shadow_prices]
        for mine, theirs in zip(one.shadow_prices, other.shadow_prices, strict=True):
            assert mine.price == pytest.approx(theirs.price, rel=1e-5, abs=1e-7)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(at=problems())
def test_only_a_limit_that_is_reached_has_a_price(at: Problem) -> None:
    found, why = explained(at)
    for price in why.shadow_prices:
        tighter = with_limit(at, price.subject, price.limit + (-1e-5 if price.is_cap else 1e-5))
        beside = admissible_set(tighter).violation(found.solved.weights)
        risky = price.type == "MAX_VOLATILITY"
        assert beside >= 1e-6 or (risky and found.solved.objective <= found.solved.bound + 1e-9), price.subject


def test_the_sentence_says_what_a_percent_is_worth() -> None:
    at = stated(GOALS[3], "groups and bounds")
    cap = next(each for each in explained(at)[1].shadow_prices if each.type == "GROUP_CAP")
    assert cap.subject == "constraints.groups[tech].max"
    assert cap.sentence == (
        f"one more percent of the cap of group tech is worth {100 * cap.price:.3g} bp of utility a year"
    )


@pytest.mark.parametrize("goal", [*GOALS[:5], Goal(Objective.RETURN)], ids=lambda goal: goal.objective)
def test_an_asset_is_held_just_above_the_return_that_it_is_said_to_need(goal: Goal) -> None:
    at = problem(goal, Constraints(default_bounds=Bounds(0.0, 0.4), benchmark=equal_weights(12)), of=moments(seed=4))
    found, why = explained(at)
    needing = [
        (index, asset) for index, asset in enumerate(why.assets) if asset.place is Place.ZERO and asset.return_to_hold
    ]
    assert needing
    for index, asset in needing[:3]:
        assert asset.is_exact
        assert asset.return_to_hold is not None
        hair = 1e-3 * asset.return_to_hold
        assert held(at, index, asset.return_to_hold - hair) == found.solved.weights[index] == 0.0
        assert held(at, index, asset.return_to_hold + hair) > 0.0


def held(at: Problem, index: int, raised: float) -> float:
    """The weight of an asset once it is expected to earn more."""
    expected = at.moments.expected_returns.copy()
    expected[index] += raised
    better = replace(at, moments=replace(at.moments, expected_returns=vector(expected)))
    return float(ENGINE.certified(better, control()).solved.weights[index])


def test_what_rests_because_of_its_cost_moves_at_the_return_that_it_is_said_to_need() -> None:
    at = problem(GOALS[3], of=moments(seed=4), current=equal_weights(12), costs=Costs(commission=0.02))
    found, why = explained(at)
    resting = [index for index, asset in enumerate(why.assets) if asset.place is Place.CURRENT_WEIGHT]
    assert resting
    for index in resting[:3]:
        needed = why.assets[index].return_to_hold
        assert needed is not None
        assert held(at, index, 0.99 * needed) == pytest.approx(found.solved.weights[index], abs=1e-9)
        assert held(at, index, 1.01 * needed) > found.solved.weights[index] + 1e-7


def test_where_returns_do_not_count_none_is_told() -> None:
    _, why = explained(problem(Goal(Objective.RISK), of=moments(seed=4)))
    idle = [asset for asset in why.assets if asset.place is Place.ZERO]
    assert all(asset.return_to_hold is None and "does not look at" in asset.sentence for asset in idle)


def test_an_asset_that_may_not_be_held_needs_no_return() -> None:
    barred = Constraints(bounds={"S000": Bounds(0.0, 0.0)})
    asset = explained(problem(GOALS[3], barred))[1].assets[0]
    assert (asset.place, asset.return_to_hold) == (Place.ZERO, None)
    assert "allows no more" in asset.sentence


@pytest.mark.parametrize("dense", [False, True])
def test_the_parts_of_the_risk_sum_to_it(dense: bool) -> None:
    at = problem(GOALS[3], LIMITS["groups and bounds"], of=moments(seed=4, dense=dense))
    found, why = explained(at)
    weights = found.solved.weights
    size = float(np.sqrt(weights @ at.moments.covariance.times(weights)))
    assert sum(asset.risk.total for asset in why.assets) == pytest.approx(size)
    assert sum(asset.risk.share for asset in why.assets) == pytest.approx(1.0)
    tech = next(group for group in why.groups if group.name == "tech")
    assert tech.risk.total == pytest.approx(sum(asset.risk.total for asset in why.assets[:4]))
    assert sum(asset.active.total for asset in why.assets if asset.active) == pytest.approx(_tracking(at, weights))
    if dense:
        assert (why.factors, why.specific) == ((), None)
    else:
        assert why.specific is not None
        assert sum(each.risk.total for each in why.factors) + why.specific.total == pytest.approx(size)
    assert 1.0 <= why.effective_bets <= 12.0


def _tracking(at: Problem, weights: np.ndarray) -> float:
    active = weights - at.benchmark()
    return float(np.sqrt(active @ at.moments.covariance.times(active)))


def test_weights_that_a_rule_gave_are_told_by_their_risk_alone() -> None:
    at = problem(Goal(Objective.EQUAL_WEIGHT))
    found = ENGINE.certified(problem(GOALS[3]), control())
    why = explain(at, replace(found, multipliers=None, admissible=None))
    assert why.shadow_prices == ()
    assert {asset.place for asset in why.assets} == {Place.FREE}
    assert sum(asset.risk.share for asset in why.assets) == pytest.approx(1.0)


def test_a_single_asset_is_explained() -> None:
    _, why = explained(problem(Goal(Objective.RISK), of=moments(1, 1)))
    assert why.assets[0].risk.share == pytest.approx(1.0)
    assert why.effective_bets == pytest.approx(1.0)


def test_a_portfolio_without_risk_has_no_contributions() -> None:
    cash = Constraints(0.0, 0.0, Bounds(0.0, 0.0))
    _, why = explained(problem(GOALS[3], cash))
    assert all(asset.risk.total == 0.0 for asset in why.assets)
