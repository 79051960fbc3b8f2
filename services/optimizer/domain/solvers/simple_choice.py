"""A choice without a search, for when the search fails: the assets that are held most where any number may be held.

The classical engines solve the problem without its limit, which bounds it, and then over those assets alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from services.optimizer.domain.certified import Certified
from services.optimizer.domain.constraints import Bounds, Cardinality
from services.optimizer.domain.engine import relative_gap
from services.optimizer.domain.errors import Infeasible, SolverFailed
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Selection
from services.optimizer.domain.solvers import CHOICE
from services.optimizer.domain.solvers.cardinality_goal import counts_of
from services.optimizer.domain.vectors import Vector

HEAVIEST = "mean_variance"
"""Who found such a choice."""


def solve_simple_choice(problem: Problem, answer: Callable[[Problem], Certified]) -> Certified:
    """The best weights of the heaviest assets, with the bound of what knows no limit on how many are held.

    `answer` is what classical engines make of a problem. Raises SolverFailed where that choice admits no weights, and
    what `answer` raises.
    """
    cardinality = problem.constraints.cardinality
    if cardinality is None:
        raise ValueError("no limit on how many assets are held")
    free = replace(problem, constraints=replace(problem.constraints, cardinality=None))
    relaxed = answer(free).solved
    bounds = _bounds(problem, cardinality, relaxed.weights)
    try:
        found = answer(replace(free, constraints=replace(free.constraints, bounds=bounds))).solved
    except Infeasible:
        raise SolverFailed(CHOICE, "nor does the choice of the heaviest assets admit any weights") from None
    selection = Selection(int(np.count_nonzero(found.weights)), 0, HEAVIEST)
    gap = relative_gap(found.objective, relaxed.bound)
    remark = f"{found.engine}: over the assets that are heaviest without a limit, without a search for better ones"
    solved = replace(found, bound=relaxed.bound, gap=gap, selection=selection, fallbacks=(*found.fallbacks, remark))
    return Certified(solved)


def _bounds(problem: Problem, cardinality: Cardinality, weights: Vector) -> dict[str, Bounds]:
    """Those of the heaviest assets with their buy-ins, and none for the others."""
    lower, upper = problem.weight_bounds()
    needed = np.isin(problem.symbols, cardinality.required) | (lower > 0)
    order = np.lexsort((-weights, ~needed))
    chosen, counts = np.zeros(problem.assets, dtype=np.bool_), counts_of(problem, cardinality)
    if counts is not None:
        order = order[counts.leading(order, chosen)]
    order = order[: cardinality.max_assets]
    chosen[order if cardinality.exactly else order[(weights[order] > 0) | needed[order]]] = True
    least = np.where(chosen, np.maximum(lower, cardinality.min_weight), 0.0)
    most = np.where(chosen, upper, 0.0)
    return {
        symbol: Bounds(float(low), float(high)) for symbol, low, high in zip(problem.symbols, least, most, strict=True)
    }
