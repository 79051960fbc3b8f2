"""The greatest Sharpe ratio under the limits of mean-variance: ours beside three libraries.

`qpo_search` finds the weights over an admissible set that is there already, `qpo` certifies them too, and `engine` is
the whole domain.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.optimizer.clock import Solve, compared, cost, ratio
from benchmarks.optimizer.effort import Effort
from benchmarks.optimizer.mean_variance import engine
from benchmarks.optimizer.universe import Universe
from benchmarks.rivals import portfolio_libraries as libraries
from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.engine import Control
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.solvers.newton_goal import solve_by_newton
from services.optimizer.domain.solvers.newton_quadratics import NewtonQuadratics
from services.optimizer.domain.solvers.priced import PricedSearch
from services.optimizer.domain.vectors import Vector

RATE = 0.01
OURS = ("qpo_search", "qpo", "engine")
_PATIENCE = 600.0


def figures(effort: Effort) -> Iterator[Figure]:
    """CPU, how much less the others' ratios are than ours, relatively, and how far weights leave their limits."""
    libraries.quiet()
    of = [Universe(effort.main, seed=seed) for seed in effort.seeds]
    name = f"optimizer.sharpe.n{effort.main}_k{of[0].factors}"
    runs = [compared(_ours(one), _theirs(one), effort.seconds / len(of)) for one in of]
    found = {who: [run[who] for run in runs] for who in runs[0]}
    ratios = {
        who: [one.sharpe(each.weights, RATE) for one, each in zip(of, timings, strict=True) if each.weights is not None]
        for who, timings in found.items()
    }
    for who, timings in found.items():
        yield cost(f"{name}.{who}", timings)
        weights = [each.weights for each in timings if each.weights is not None]
        if len(weights) == len(of):
            less = [1 - theirs / own for theirs, own in zip(ratios[who], ratios["qpo"], strict=True)]
            yield Figure(f"{name}.{who}.less_than_ours", max(less, key=abs), "1")
            yield Figure(f"{name}.{who}.violation", max(map(Universe.violation, of, weights)), "1")
    for who in [each for each in found if each not in OURS]:
        for own in OURS:
            yield ratio(f"{name}.{who}_over_{own}", found[who], found[own])


def _ours(of: Universe) -> dict[str, Solve]:
    problem = of.problem(Goal(Objective.SHARPE, risk_free_rate=RATE))
    admissible, model = admissible_set(problem), FactorCovariance(of.loadings, of.specific)
    control = Control(time.monotonic, time.monotonic() + _PATIENCE)

    def search() -> Vector:
        quadratics = NewtonQuadratics(model, admissible, None)
        return PricedSearch(problem, Certificate(problem), quadratics, control, lambda *_: None).found()[0]

    def solve() -> Vector:
        return solve_by_newton(problem, admissible, control).solved.weights

    return {"qpo_search": search, "qpo": solve, "engine": engine(problem)}


def _theirs(of: Universe) -> dict[str, Solve]:
    return {
        "pypfopt": libraries.pypfopt_sharpe(of, RATE),
        "skfolio": libraries.skfolio_sharpe(of, RATE),
        "riskfolio": libraries.riskfolio_sharpe(of, RATE),
    }
