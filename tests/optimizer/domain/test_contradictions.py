"""The limits that contradict each other are minimal, and what is told to give is enough: for limits of every kind."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.constraints import Bounds, Constraints, CvarLimit, Group, LinearLimit
from services.optimizer.domain.elastic import elastic
from services.optimizer.domain.errors import Conflict, Infeasible
from services.optimizer.domain.failure import error_of, failure_of
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.infeasibility import explain
from services.optimizer.domain.linear import least, lifted
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.vectors import vector
from tests.optimizer.limits import with_limit
from tests.optimizer.problems import control, equal_weights, moments, problem, symbols

ENGINE = ChoosingEngine()
TECH = symbols(4)
FAR = 50.0
SCENARIOS = vector(np.random.default_rng(3).normal(0.0004, 0.01, (300, 12)))
OF = replace(moments(seed=4), scenarios=SCENARIOS)

# Each has one contradiction among limits that are otherwise harmless.
ALONE = {
    "groups against bounds": problem(
        Goal(Objective.RISK),
        Constraints(
            bounds={symbol: Bounds(0.2, 1.0) for symbol in TECH},
            groups=(Group("tech", TECH, max=0.5), Group("rest", symbols(12)[4:], max=0.9)),
        ),
    ),
    "rows against the budget": problem(
        Goal(Objective.UTILITY, risk_aversion=4.0),
        Constraints(
            rows=(
                LinearLimit("duration", dict.fromkeys(symbols(12), 3.0), max=2.0),
                LinearLimit("yield", {"S001": 0.03}, max=5.0),
            ),
            max_turnover=2.0,
        ),
    ),
    "active bounds and gross": problem(
        Goal(Objective.RISK),
        Constraints(
            default_bounds=Bounds(-1.0, 1.0),
            active_bounds=Bounds(-0.5, 0.01),
            benchmark=dict.fromkeys(symbols(12), 0.02),
            max_gross=3.0,
        ),
    ),
    "turnover against a return": problem(
        Goal(Objective.RISK, min_return=0.15), Constraints(max_turnover=0.1), of=OF, current=equal_weights(12)
    ),
    "volatility against a group": problem(
        Goal(Objective.RETURN, max_volatility=0.065),
        Constraints(groups=(Group("tech", TECH[:1], min=0.6), Group("idle", TECH[1:], max=0.9))),
        of=OF,
    ),
    "tracking error against bounds": problem(
        Goal(Objective.UTILITY, risk_aversion=4.0),
        Constraints(
            bounds={"S002": Bounds(0.5, 1.0), "S003": Bounds(0.0, 0.9)},
            benchmark=equal_weights(12),
            max_tracking_error=0.02,
        ),
        of=OF,
    ),
    "conditional value at risk against a bound": problem(
        Goal(Objective.RETURN),
        Constraints(bounds={"S002": Bounds(0.7, 1.0), "S003": Bounds(0.0, 0.9)}, max_cvar=CvarLimit(0.008)),
        of=OF,
    ),
}


def told(stated: Problem) -> Infeasible:
    with pytest.raises(Infeasible) as caught:
        ENGINE.certified(stated, control())
    return caught.value


def is_solved(stated: Problem) -> bool:
    try:
        ENGINE.certified(stated, control())
    except Infeasible:
        return False
    return True


def without(stated: Problem, subject: str) -> Problem:
    """The problem as if it did not have a limit."""
    end = subject.rsplit(".", 1)[1]
    return with_limit(stated, subject, -FAR if end.startswith("min") else FAR)


def applied(stated: Problem, relaxation: tuple[Conflict, ...]) -> Problem:
    for each in relaxation:
        stated = with_limit(stated, each.subject, each.needed)
    return stated


@pytest.mark.parametrize("stated", ALONE.values(), ids=ALONE)
def test_without_any_one_of_the_limits_in_contradiction_there_is_an_answer(stated: Problem) -> None:
    error = told(stated)
    assert len(error.contradiction) >= 2
    for each in error.contradiction:
        assert is_solved(without(stated, each.subject)), each.subject


@pytest.mark.parametrize("stated", ALONE.values(), ids=ALONE)
def test_any_one_of_them_gives_enough_by_itself_and_so_does_the_cheapest(stated: Problem) -> None:
    error = told(stated)
    assert not error.together
    assert {each.subject for each in error.conflicts} == {each.subject for each in error.contradiction}
    for each in error.conflicts:
        assert is_solved(with_limit(stated, each.subject, each.needed)), each.subject
    assert is_solved(applied(stated, error.relaxation))
    cost = sum(abs(each.needed - each.limit) for each in error.relaxation)
    assert cost <= 1.01 * min(abs(each.needed - each.limit) for each in error.conflicts) + 1e-5


@pytest.mark.parametrize("stated", ALONE.values(), ids=ALONE)
def test_less_than_is_told_is_not_enough(stated: Problem) -> None:
    for each in told(stated).conflicts:
        assert not is_solved(with_limit(stated, each.subject, each.limit + 0.99 * (each.needed - each.limit)))


def test_the_sentence_names_who_contradicts_whom() -> None:
    text = str(told(ALONE["groups against bounds"]))
    assert text.startswith("no weights satisfy the constraints: the cap of group tech, ")
    assert " and the least weight of S00" in text
    assert "contradict each other; any one of these would mend it: " in text


def test_two_contradictions_are_told_as_one_of_them_and_what_mends_both() -> None:
    groups = (Group("a", TECH[:2], min=0.5), Group("b", TECH[2:], min=0.5))
    stated = problem(constraints=Constraints(bounds=dict.fromkeys(TECH, Bounds(0.0, 0.1)), groups=groups))
    error = told(stated)
    assert error.together
    assert error.conflicts == error.relaxation
    subjects = {each.subject for each in error.contradiction}
    assert len(subjects & {"constraints.groups[a].min", "constraints.groups[b].min"}) == 1
    assert is_solved(applied(stated, error.relaxation))


def test_what_is_told_survives_as_a_record() -> None:
    error = told(ALONE["volatility against a group"])
    again = error_of(failure_of(error, "engine"))
    assert isinstance(again, Infeasible)
    assert str(again) == str(error)
    assert (again.contradiction, again.relaxation) == (error.contradiction, error.relaxation)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data())
def test_any_contradiction_of_linear_limits_is_minimal(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 8))
    members = tuple(sorted(data.draw(st.sets(st.sampled_from(symbols(count)), min_size=1))))
    number = st.floats(0.0, 0.6).map(lambda value: round(value, 3))
    stated = problem(
        Goal(Objective.RISK, min_return=data.draw(st.none() | st.floats(0.0, 0.4))),
        Constraints(
            default_bounds=Bounds(0.0, data.draw(number)),
            bounds={symbols(count)[0]: Bounds(data.draw(number), 0.6)},
            groups=(Group("g", members, data.draw(st.none() | number)), Group("h", members[:1], max=data.draw(number))),
            rows=(LinearLimit("r", {members[0]: 2.0}, data.draw(st.none() | number)),),
            max_turnover=data.draw(st.none() | number),
            max_gross=data.draw(st.none() | number),
        ),
        of=moments(count, seed=data.draw(st.integers(0, 50))),
        current=equal_weights(count),
    )
    admissible = admissible_set(stated)
    if least(np.zeros(count), lifted(admissible), 10.0) is not None:
        return
    error, relaxed = explain(stated, admissible, lambda: 10.0), elastic(stated, admissible)
    index = {limit.subject: place for place, limit in enumerate(relaxed.limits)}
    members_of = [index[each.subject] for each in error.contradiction]
    assert relaxed.least(members_of, members_of, 10.0).total > 1e-9  # type: ignore[union-attr]
    for left_out in members_of:
        rest = [each for each in members_of if each != left_out]
        found = relaxed.least(rest, rest, 10.0)
        assert found is not None
        assert found.total <= 1e-9
    assert least(np.zeros(count), lifted(admissible_set(applied(stated, error.relaxation))), 10.0) is not None
    assert all(math.isfinite(each.needed) for each in error.conflicts)
