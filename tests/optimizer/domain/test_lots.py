"""Whole lots near optimal weights."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.constraints import Bounds, Cardinality, Constraints, Group
from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Lots, Problem
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.result import InLots, Optimum
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.problems import control, moments, problem, symbols

ENGINE = ChoosingEngine()
EACH = (12.5, 340.0, 89.9, 1510.0, 55.25, 7.8, 230.0, 18.4, 402.3, 96.1, 61.0, 133.7)
PRICES = dict(zip(symbols(12), EACH, strict=True))


def stated(value: float, goal: Goal | None = None, **limits: object) -> Problem:
    lots = Lots(value, PRICES, {"S002": 10})
    few = Constraints(cardinality=Cardinality(5, min_weight=0.05), default_bounds=Bounds(0.0, 0.4))
    wanted = goal or Goal(Objective.UTILITY, risk_aversion=5.0)
    return problem(wanted, replace(few, **limits), of=moments(12), lots=lots)  # type: ignore[arg-type]


def solved(asked: Problem) -> tuple[Optimum, InLots]:
    found = ENGINE.solve(asked, control())
    assert found.in_lots is not None
    return found, found.in_lots


@pytest.mark.parametrize("value", [20_000.0, 150_000.0, 1e7])
@pytest.mark.parametrize("objective", [Objective.UTILITY, Objective.RISK, Objective.SHARPE, Objective.RETURN])
def test_lots_are_whole_paid_for_and_within_the_limits(objective: Objective, value: float) -> None:
    group = Group("some", symbols(12)[:6], max=0.5)
    asked = stated(value, Goal(objective), groups=(group,))
    found, lots = solved(asked)
    price = np.array([PRICES[symbol] for symbol in found.symbols])
    assert (lots.shares[found.solved.weights == 0] == 0).all()
    assert lots.shares[2] % 10 == 0
    assert lots.weights == pytest.approx(lots.shares * price / value)
    assert lots.cash == pytest.approx(value - float(lots.shares @ price))
    assert lots.cash >= -1e-9 * value
    assert lots.weights[:6].sum() <= 0.5 + 1e-9
    assert lots.weights.max() <= 0.4 + 1e-9
    assert lots.weights[lots.weights > 0].min() >= 0.05 - 1e-9
    assert lots.gap == pytest.approx(abs(lots.objective - found.solved.bound) / max(1.0, abs(lots.objective)))


def test_more_money_comes_nearer() -> None:
    errors = [solved(stated(value))[1].tracking_error for value in (2e4, 2e6, 2e8)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-5
    found, lots = solved(stated(2e8))
    assert lots.objective == pytest.approx(found.solved.objective, abs=1e-5)


def test_no_lots_are_nearer_among_all_that_are_next_to_the_weights() -> None:
    asked = stated(30_000.0, cardinality=Cardinality(3), default_bounds=Bounds(0.0, 1.0))
    found, lots = solved(asked)
    held = np.flatnonzero(found.solved.weights > 0)
    unit = np.array([PRICES[found.symbols[i]] * (10 if i == 2 else 1) for i in held]) / 30_000
    covariance = asked.moments.covariance.full()[np.ix_(held, held)]
    wanted = found.solved.weights[held]
    best = np.inf
    for step in itertools.product(range(-6, 7), repeat=held.size):
        count = np.maximum(np.floor(wanted / unit) + step, 0)
        missed = count * unit - wanted
        if (count * unit).sum() <= 1 + 1e-12:
            best = min(best, float(missed @ covariance @ missed))
    assert lots.tracking_error**2 <= 1.2 * best + 1e-12


def test_too_little_money_for_the_limits_buys_nothing_that_breaks_them() -> None:
    found = ENGINE.solve(stated(150.0), control())
    assert found.in_lots is None


@pytest.mark.parametrize("count", [60, 400])
def test_least_weights_of_many_assets_are_met_within_the_budget(count: int) -> None:
    of, random = moments(count), np.random.default_rng(count)
    prices = dict(zip(of.symbols, np.exp(random.normal(4, 1, count)).tolist(), strict=True))
    limits = Constraints(default_bounds=Bounds(0.5 / count, 5 / count))
    goal = Goal(Objective.UTILITY, risk_aversion=5.0)
    _, lots = solved(problem(goal, limits, of=of, lots=Lots(1e7, prices)))
    assert lots.weights.min() >= 0.5 / count - 1e-9
    assert lots.weights.max() <= 5 / count + 1e-9
    assert 0 <= lots.cash < 1e4


def test_turnover_is_kept() -> None:
    held = dict.fromkeys(symbols(12)[:4], 0.25)
    asked = replace(stated(50_000.0, max_turnover=0.6), current=held)
    found, lots = solved(asked)
    start = np.array([held.get(symbol, 0.0) for symbol in found.symbols])
    assert 0.5 * np.abs(lots.weights - start).sum() <= 0.6 + 1e-9


def test_a_record_keeps_them() -> None:
    found = ENGINE.solve(stated(20_000.0), control())
    assert to_bytes(from_bytes(Optimum, to_bytes(found))) == to_bytes(found)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"lots": Lots(1e5, {"S001": 5.0})}, 'lots.prices["S000"]'),
        ({"lots": Lots(1e5, {**PRICES, "NONE": 5.0})}, 'lots.prices["NONE"]'),
        ({"lots": Lots(1e5, PRICES, {"NONE": 5})}, 'lots.sizes["NONE"]'),
        ({"goal": Goal(Objective.RISK_PARITY), "constraints": Constraints()}, "lots"),
        ({"constraints": Constraints(default_bounds=Bounds(-0.1, 1.0))}, "lots"),
        ({"constraints": Constraints(max_gross=1.5)}, "lots"),
    ],
)
def test_what_cannot_be_bought_is_refused_by_name(changed: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        ENGINE.solve(replace(stated(1e5), **changed), control())  # type: ignore[arg-type]
    assert field in [violation.field for violation in refused.value.violations]
