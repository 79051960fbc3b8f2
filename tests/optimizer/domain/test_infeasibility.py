"""An infeasible problem is told which constraints conflict, and what is told mends it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.constraints import Bounds, Constraints, FactorLimit, Group, LinearLimit
from services.optimizer.domain.errors import Infeasible
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.linear import least, lifted
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.mending import mended
from tests.optimizer.problems import control, equal_weights, moments, problem, symbols

ENGINE = ChoosingEngine()
TECH = symbols(4)


def conflicts(stated: Problem) -> Infeasible:
    with pytest.raises(Infeasible) as caught:
        ENGINE.solve(stated, control())
    return caught.value


def is_feasible(stated: Problem) -> bool:
    return least(np.zeros(stated.assets), lifted(admissible_set(stated)), 10.0) is not None


def test_a_cap_below_what_the_budget_needs_is_named_with_its_least_value() -> None:
    found = conflicts(problem(constraints=Constraints(default_bounds=Bounds(0.0, 0.05))))
    told = {each.type: each for each in found.conflicts}
    assert not found.together
    assert told["BOUND_MAX"].subject == "constraints.default_bounds.max"
    assert told["BOUND_MAX"].needed == pytest.approx(1 / 12, abs=2e-6)
    assert told["BUDGET_MIN"].needed == pytest.approx(0.6, abs=2e-6)
    assert told["BUDGET_MIN"].description == ("the least sum of weights is 1; it would have to be at most 0.6")


def test_a_group_cap_is_named_by_the_name_of_its_group() -> None:
    bounds = {symbol: Bounds(0.2, 1.0) for symbol in TECH}
    found = conflicts(problem(constraints=Constraints(bounds=bounds, groups=(Group("technology", TECH, max=0.5),))))
    cap = next(each for each in found.conflicts if each.type == "GROUP_CAP")
    assert cap.subject == "constraints.groups[technology].max"
    assert cap.description == "the cap of group technology is 0.5; it would have to be at least 0.8"


def test_a_return_out_of_reach_is_named_with_what_is_within_reach() -> None:
    stated = problem(Goal(Objective.RISK, min_return=3.0))
    told = {each.type: each for each in conflicts(stated).conflicts}
    assert told["MIN_RETURN"].needed == pytest.approx(stated.moments.expected_returns.max(), abs=2e-6)


def test_a_volatility_out_of_reach_is_named_with_what_is_within_reach() -> None:
    stated = problem(Goal(Objective.RETURN, max_volatility=0.01))
    calmest = ENGINE.solve(problem(Goal(Objective.RISK)), control()).solved.objective
    (found,) = (each for each in conflicts(stated).conflicts if each.type == "MAX_VOLATILITY")
    assert found.subject == "goal.max_volatility"
    assert found.needed == pytest.approx(calmest, abs=2e-6)
    ENGINE.solve(mended(stated, found), control())


def test_a_turnover_that_cannot_reach_the_bounds_is_named() -> None:
    stated = problem(constraints=Constraints(max_turnover=0.1, default_bounds=Bounds(0.0, 0.2)), current={"S000": 1.0})
    told = {each.type: each for each in conflicts(stated).conflicts}
    assert told["TURNOVER"].needed == pytest.approx(0.8, abs=2e-6)


def test_a_gross_exposure_below_what_the_bounds_need_is_named_with_its_least_value() -> None:
    stated = problem(constraints=Constraints(bounds={"S000": Bounds(-0.5, -0.3)}, max_gross=1.2))
    told = {each.type: each for each in conflicts(stated).conflicts}
    assert told["MAX_GROSS"].subject == "constraints.max_gross"
    assert told["MAX_GROSS"].needed == pytest.approx(1.6, abs=2e-6)
    assert told["MAX_GROSS"].description == "the greatest gross exposure is 1.2; it would have to be at least 1.6"


def test_rows_and_factor_limits_are_named_with_what_is_within_reach() -> None:
    of = moments()
    greatest = float(of.covariance.loadings[:, 1].max())
    beta = dict.fromkeys(symbols(12), 1.5)
    constraints = Constraints(rows=(LinearLimit("beta", beta, max=1.2),), factors=(FactorLimit(1, min=greatest + 1),))
    apart = (replace(constraints, factors=()), replace(constraints, rows=()))
    (row,), (factor,) = (
        [each for each in conflicts(problem(constraints=one)).conflicts if "BUDGET" not in each.type] for one in apart
    )
    assert (row.type, row.subject) == ("ROW_CAP", "constraints.rows[beta].max")
    assert row.needed == pytest.approx(1.5, abs=2e-6)
    assert (factor.type, factor.subject) == ("FACTOR_FLOOR", "constraints.factors[0].min")
    assert factor.needed == pytest.approx(greatest, abs=2e-6)


def test_active_bounds_that_leave_no_room_are_named() -> None:
    constraints = Constraints(
        benchmark={"S000": 1.0}, active_bounds=Bounds(-0.2, 0.05), bounds={"S000": Bounds(0.0, 0.5)}
    )
    told = {each.type: each for each in conflicts(problem(constraints=constraints)).conflicts}
    assert told["ACTIVE_MIN"].subject == "constraints.active_bounds.min"
    assert told["ACTIVE_MIN"].needed == pytest.approx(-0.5, abs=2e-6)


def test_constraints_that_must_give_together_are_said_to() -> None:
    """Two groups apart from each other, each impossible by itself."""
    few = Bounds(0.0, 0.1)
    groups = (Group("a", TECH[:2], min=0.5), Group("b", TECH[2:], min=0.5))
    found = conflicts(problem(constraints=Constraints(bounds=dict.fromkeys(TECH, few), groups=groups)))
    assert found.together
    assert {each.subject for each in found.conflicts} >= {"constraints.groups[a].min", "constraints.groups[b].min"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data())
def test_what_is_reported_mends_the_problem(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 10))
    members = tuple(sorted(data.draw(st.sets(st.sampled_from(symbols(count)), min_size=1))))
    number = st.floats(0.0, 0.6).map(lambda value: round(value, 4))
    beta = {symbol: 0.2 + 0.1 * index for index, symbol in enumerate(symbols(count))}
    stated = problem(
        Goal(Objective.RISK, min_return=data.draw(st.none() | st.floats(-0.5, 0.5))),
        Constraints(
            default_bounds=Bounds(data.draw(st.sampled_from([0.0, -0.2])), data.draw(number)),
            bounds={symbols(count)[0]: Bounds(data.draw(number), 0.6)},
            groups=(Group("g", members, data.draw(st.none() | number)), Group("h", members[:1], max=data.draw(number))),
            max_turnover=data.draw(st.none() | number),
            max_gross=data.draw(st.none() | number.map(lambda value: 1 + value)),
            benchmark=equal_weights(count),
            active_bounds=data.draw(st.none() | st.builds(Bounds, number.map(lambda value: -value), number)),
            rows=data.draw(st.just(()) | number.map(lambda value: (LinearLimit("r", dict(beta), value, value + 0.1),))),
            factors=data.draw(st.just(()) | number.map(lambda value: (FactorLimit(0, max=value - 0.3),))),
        ),
        of=moments(count, seed=data.draw(st.integers(0, 50))),
        current=equal_weights(count),
    )
    if is_feasible(stated):
        return
    found = conflicts(stated)
    assert found.conflicts
    if found.together:
        for each in found.conflicts:
            stated = mended(stated, each)
        assert is_feasible(stated)
    else:
        assert all(is_feasible(mended(stated, each)) for each in found.conflicts)
