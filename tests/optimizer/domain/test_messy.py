"""What users send: ties, doubled groups, covariances without full rank, no cash, too much cash, no turnover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import Infeasible, NoExcessReturn, Unbounded
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.vectors import vector
from tests.optimizer.problems import control, equal_weights, moments, problem

ENGINE = ChoosingEngine()
BUDGETS = ((1.0, 1.0), (0.0, 1.0), (0.5, 1.0), (0.9, 1.1))
SEEDS = range(300)


def messy_moments(random: np.random.Generator) -> Moments:
    count = int(random.integers(2, 50))
    of = moments(count, int(random.integers(1, 4)), int(random.integers(1_000_000)), dense=random.random() < 0.5)
    kind = random.random()
    if kind < 0.3:
        returns = random.normal(0.0004, 0.01, (int(random.integers(3, count + 5)), count))
        return replace(of, covariance=DenseCovariance(vector(np.atleast_2d(np.cov(returns.T)) * 252)))
    return replace(of, expected_returns=vector(np.round(of.expected_returns, 2))) if kind < 0.5 else of


def messy_constraints(random: np.random.Generator, of: Moments) -> Constraints:
    count = len(of.symbols)
    boxes = (Bounds(), Bounds(0, max(2 / count, 0.1)), Bounds(-0.2, 0.5), Bounds(-1, 1), Bounds(1 / count, 1 / count))
    groups = []
    for index in range(int(random.integers(0, 4))):
        members = tuple(sorted(random.choice(of.symbols, int(random.integers(1, count + 1)), replace=False)))
        share = len(members) / count
        groups.append(Group(f"g{index}", members, share - 0.1, share + 0.05))
    return Constraints(
        *BUDGETS[random.integers(len(BUDGETS))],
        default_bounds=boxes[random.choice(5, p=[0.3, 0.2, 0.2, 0.2, 0.1])],
        groups=(*groups, *(replace(each, name="again") for each in groups[:1])),
        max_turnover=None if random.random() < 0.5 else float(random.choice([0, 0.05, 0.3, 0.8])),
    )


def messy(seed: int) -> Problem:
    random = np.random.default_rng(seed)
    of = messy_moments(random)
    objective = list(Objective)[random.integers(4)]
    goal = Goal(objective, float(random.choice([0, 0.02, -0.02])), float(10 ** random.uniform(-1, 3)))
    if objective is Objective.RISK and random.random() < 0.5:
        goal = replace(goal, min_return=float(random.uniform(0, 0.15)))
    if objective is Objective.RETURN and random.random() < 0.7:
        goal = replace(goal, max_volatility=float(random.uniform(0.1, 0.3)))
    return Problem(of, goal, messy_constraints(random, of), equal_weights(len(of.symbols)))


@pytest.mark.parametrize("part", range(6))
def test_every_problem_has_a_certified_optimum_or_a_reason_why_not(part: int) -> None:
    for seed in SEEDS[part::6]:
        stated, steps = messy(seed), list[Progress]()
        try:
            found = ENGINE.solve(stated, control(steps.append))
        except (Infeasible, Unbounded, NoExcessReturn):
            continue
        better = 1.0 if stated.goal.maximizes else -1.0
        assert found.solved.gap <= 1e-6, seed
        assert admissible_set(stated).violation(found.solved.weights) <= 1e-8, seed
        assert all(better * (step.bound - found.solved.objective) >= -1e-8 for step in steps), seed


def test_thousands_of_assets_are_certified_to_a_billionth() -> None:
    """Which limits press is guessed wrong at first, and corrected."""
    of = moments(2000, 20, seed=1)
    stated = problem(Goal(risk_free_rate=0.02), Constraints(default_bounds=Bounds(0, 0.05)), of=of)
    assert ENGINE.solve(stated, control()).solved.gap <= 1e-9
