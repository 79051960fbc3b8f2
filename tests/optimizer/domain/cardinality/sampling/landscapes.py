"""Landscapes to draw from."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.cardinality.bound import worths
from services.optimizer.domain.cardinality.bounded import Bounded
from services.optimizer.domain.cardinality.program import Choice, Node, root_of
from services.optimizer.domain.cardinality.relaxation import Relaxation
from services.optimizer.domain.cardinality.sampling.landscape import Landscape, landscape
from services.optimizer.domain.solvers.dual_newton import DualNewton, Program


def drawn_choice(seed: int = 1, count: int = 40, most: int = 6) -> Choice:
    """A choice whose root leaves something to look for."""
    random = np.random.default_rng(seed)
    loadings = random.normal(0, 0.08, (count, 5))
    loadings[:, 0] += 0.16
    program = Program(
        random.normal(0.06, 0.03, count), 5.0, np.zeros(count), np.full(count, 0.4), np.ones(1), np.ones(1)
    )
    newton = DualNewton(loadings, random.uniform(0.1, 0.4, count) ** 2, np.ones((1, count)))
    return Choice(newton, program, np.full(count, 0.02), most)


def bounded(choice: Choice, node: Node | None = None) -> Bounded:
    """A node after some steps. Raises LookupError if it admits no weights."""
    node = node or root_of(choice)
    relaxation, at = Relaxation(choice), None
    for _ in range(6):
        at = relaxation.step(node, at)
        if at is None:
            raise LookupError("no weights are admissible")
    assert at is not None
    worth = worths(choice, at.prices)
    return Bounded(node, at, worth, worth.bound(choice, node))


def around(choice: Choice, assets: int = 12, seed: int = 0) -> Landscape:
    """The landscape around the root."""
    found = landscape(choice, bounded(choice), assets, np.random.default_rng(seed))
    assert found is not None
    return found
