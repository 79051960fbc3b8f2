"""Mean-variance by utility: the kernel and the whole engine beside four libraries, two solvers and a physical limit.

`qpo` solves from prices of zero over a universe that is laid out already, `qpo_from_arrays` lays it out too, `qpo_warm`
starts from the prices for other expected returns, 20 bp off. `engine` is all that the domain does with a problem:
checks, admissible set, solve, certificate, trades, hash. `limit` is one F D⁻¹ Fᵀ, K × K, and its Cholesky factor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import linalg

from benchmarks.figures import Figure
from benchmarks.optimizer.clock import Solve, compared, cost, ratio
from benchmarks.optimizer.effort import Effort
from benchmarks.optimizer.universe import AVERSION, Universe
from benchmarks.rivals import portfolio_libraries as libraries
from benchmarks.rivals.quadratic_solvers import TIGHT, FactorForm, clarabel_utility, piqp_again, piqp_utility
from services.optimizer.domain.engine import Control
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.solvers.dual_newton import DualNewton
from services.optimizer.domain.vectors import Vector

OURS = ("qpo", "qpo_from_arrays", "qpo_warm", "engine")
TILT = 0.002
_PATIENCE = 60.0


def figures(effort: Effort) -> Iterator[Figure]:
    """Beside everybody at some sizes, ours alone at others; of some universes of a size the median."""
    for assets in effort.beside:
        yield from _told([Universe(assets, seed=seed) for seed in effort.seeds], _theirs, effort)
    for assets, factors in effort.alone:
        yield from _told([Universe(assets, factors, seed) for seed in effort.seeds], lambda _: {}, effort)


def _told(of: Sequence[Universe], theirs: Callable[[Universe], dict[str, Solve]], effort: Effort) -> Iterator[Figure]:
    name = f"optimizer.mean_variance.n{of[0].assets}_k{of[0].factors}"
    runs = [compared(_ours(one), {"limit": _limit(one), **theirs(one)}, effort.seconds / len(of)) for one in of]
    found = {who: [run[who] for run in runs] for who in runs[0]}
    optima = [clarabel_utility(FactorForm.of(one), TIGHT)() for one in of]
    for who, timings in found.items():
        yield cost(f"{name}.{who}", timings)
        if who != "limit" and not any(each.capped for each in timings):
            yield from worth(f"{name}.{who}", of, [each.weights for each in timings], optima)
    yield ratio(f"{name}.qpo_over_limit", found["qpo"], found["limit"])
    for who in [each for each in found if each not in (*OURS, "limit")]:
        for own in ("qpo", "qpo_from_arrays", "engine"):
            yield ratio(f"{name}.{who}_over_{own}", found[who], found[own])


def worth(
    name: str, of: Sequence[Universe], found: Sequence[Vector | None], optima: Sequence[Vector]
) -> Iterator[Figure]:
    """How far above the tight optimum, or below it, and how far outside the limits: the worst of the universes."""
    weights = [each for each in found if each is not None]
    gaps = [one.objective(w) - one.objective(least) for one, w, least in zip(of, weights, optima, strict=True)]
    yield Figure(f"{name}.gap", max(gaps, key=abs), "1")
    yield Figure(f"{name}.violation", max(one.violation(w) for one, w in zip(of, weights, strict=True)), "1")


def _ours(of: Universe) -> dict[str, Solve]:
    newton, program = DualNewton(of.loadings, of.specific, of.rows), of.program()
    other = newton.solve(of.program(tilt=TILT)).z
    return {
        "qpo": lambda: newton.solve(program).weights,
        "qpo_from_arrays": lambda: DualNewton(of.loadings, of.specific, of.rows).solve(program).weights,
        "qpo_warm": lambda: newton.solve(program, other).weights,
        "engine": engine(of.problem(Goal(Objective.UTILITY, risk_aversion=AVERSION))),
    }


def engine(problem: Problem) -> Solve:
    """The whole domain."""
    chooser = ChoosingEngine()

    def solve() -> Vector:
        return chooser.solve(problem, Control(time.monotonic, time.monotonic() + _PATIENCE)).solved.weights

    return solve


def _limit(of: Universe) -> Solve:
    def solve() -> Vector:
        scaled = of.loadings / np.sqrt(of.specific)[:, None]
        square = scaled.T @ scaled
        square.flat[:: of.factors + 1] += 1.0
        return np.asarray(linalg.cho_factor(square, overwrite_a=True, check_finite=False)[0])

    return solve


def _theirs(of: Universe) -> dict[str, Solve]:
    libraries.quiet()
    form = FactorForm.of(of)
    return {
        "pypfopt": libraries.pypfopt_utility(of),
        "skfolio": libraries.skfolio_utility(of),
        "riskfolio": libraries.riskfolio_utility(of),
        "cvxportfolio": libraries.cvxportfolio_utility(of),
        "piqp": piqp_utility(form),
        "piqp_again": piqp_again(form),
        "clarabel": clarabel_utility(form),
    }
