"""Costs of trading, L1 and of the 3/2 power: against the same solve without them, and Clarabel's power cones."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.optimizer.clock import Solve, compared, cost, ratio
from benchmarks.optimizer.effort import Effort
from benchmarks.optimizer.universe import Universe
from benchmarks.rivals.quadratic_solvers import TIGHT, clarabel_costs
from services.optimizer.domain.solvers.dual_newton import DualNewton
from services.optimizer.domain.vectors import Vector

WITH = ("qpo", "clarabel")


def figures(effort: Effort) -> Iterator[Figure]:
    """All solves start from prices of zero."""
    of = [Universe(effort.main, seed=seed) for seed in effort.seeds]
    name = f"optimizer.costs.n{effort.main}_k{of[0].factors}"
    runs = [compared(_ours(one), {"clarabel": clarabel_costs(one)}, effort.seconds / len(of)) for one in of]
    found = {who: [run[who] for run in runs] for who in runs[0]}
    optima = [_priced(one, clarabel_costs(one, TIGHT)()) for one in of]
    for who, timings in found.items():
        yield cost(f"{name}.{who}", timings)
        weights = [each.weights for each in timings if each.weights is not None]
        if who in WITH and len(weights) == len(of):
            gaps = [_priced(one, w) - least for one, w, least in zip(of, weights, optima, strict=True)]
            yield Figure(f"{name}.{who}.gap", max(gaps, key=abs), "1")
            yield Figure(f"{name}.{who}.violation", max(map(Universe.violation, of, weights)), "1")
    yield ratio(f"{name}.qpo_over_costless", found["qpo"], found["qpo_costless"])
    yield ratio(f"{name}.clarabel_over_qpo", found["clarabel"], found["qpo"])


def _ours(of: Universe) -> dict[str, Solve]:
    newton = DualNewton(of.loadings, of.specific, of.rows)
    programs = {
        "qpo": of.program(linear=True, impact=True),
        "qpo_l1": of.program(linear=True),
        "qpo_costless": of.program(),
    }
    return {name: lambda program=program: newton.solve(program).weights for name, program in programs.items()}  # type: ignore[misc]


def _priced(of: Universe, weights: Vector) -> float:
    return of.objective(weights) + of.costs(weights)
