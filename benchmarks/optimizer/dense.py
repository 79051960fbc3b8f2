"""Mean-variance over Σ as N × N, long only: whichever engine the domain has for it, beside one Cholesky factor of Σ.

`optimizer.dense.n1000.<engine>.cpu` is of the first engine that takes such a problem, by its own name, and
`solver_over_cholesky` compares it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from scipy import linalg

from benchmarks.figures import Figure
from benchmarks.optimizer.clock import Solve, compared, cost, ratio
from benchmarks.optimizer.effort import Effort
from benchmarks.optimizer.mean_variance import engine, worth
from benchmarks.optimizer.universe import AVERSION, Universe
from benchmarks.rivals.quadratic_solvers import TIGHT, FactorForm, clarabel_utility
from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.engine import Control
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ALL
from services.optimizer.domain.vectors import Vector

_PATIENCE = 60.0


def figures(effort: Effort) -> Iterator[Figure]:
    """The limits are those of the factor form, which says what the optimum is."""
    for assets in effort.dense:
        of = [Universe(assets, seed=seed) for seed in effort.seeds]
        name, problems = f"optimizer.dense.n{assets}", [_problem(one) for one in of]
        who = next(candidate.name for candidate in ALL if candidate.fits(problems[0]))
        runs = [
            compared(
                {who: _first(problem), "engine": engine(problem)},
                {"cholesky": _cholesky(one)},
                effort.seconds / len(of),
            )
            for one, problem in zip(of, problems, strict=True)
        ]
        found = {each: [run[each] for run in runs] for each in runs[0]}
        optima = [clarabel_utility(FactorForm.of(one), TIGHT)() for one in of]
        for each, timings in found.items():
            yield cost(f"{name}.{each}", timings)
            if each != "cholesky":
                yield from worth(f"{name}.{each}", of, [one.weights for one in timings], optima)
        yield ratio(f"{name}.solver_over_cholesky", found[who], found["cholesky"])
        yield ratio(f"{name}.engine_over_cholesky", found["engine"], found["cholesky"])


def _problem(of: Universe) -> Problem:
    return of.problem(Goal(Objective.UTILITY, risk_aversion=AVERSION), dense=True)


def _first(problem: Problem) -> Solve:
    candidate = next(candidate for candidate in ALL if candidate.fits(problem))
    admissible = admissible_set(problem)

    def solve() -> Vector:
        control = Control(time.monotonic, time.monotonic() + _PATIENCE)
        return candidate.solve(problem, admissible, control).solved.weights

    return solve


def _cholesky(of: Universe) -> Solve:
    matrix = of.covariance
    return lambda: np.asarray(linalg.cho_factor(matrix, lower=True, check_finite=False)[0])
