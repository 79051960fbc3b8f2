"""The compiled half's door: scratch for it, and a layout's arrays one by one."""

# ruff: noqa: PLR0917 — both halves are called alike.

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.dual_newton.kernel import VECTORS, newton_many
from services.optimizer.domain.solvers.dual_newton.layout import Layout
from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Index, Vector


class CompiledHalf:
    """Runs the kernel, which holds no lock meanwhile: as many threads as call it work at once."""

    def __init__(self) -> None:
        self._spare: list[tuple[Vector, Vector, Vector, Index, Vector, Vector]] = []

    def __call__(
        self,
        structure: Structure,
        layout: Layout,
        begin: Vector,
        tolerance: float,
        most: int,
        Z: Vector,
        W: Vector,
        INFO: Vector,
    ) -> None:
        """Fill Z, W and INFO."""
        # A list's pop and append are whole in CPython: no scratch is in two hands.
        scratch = self._spare.pop() if self._spare else _scratch(structure)
        newton_many(
            structure.columns,
            structure.transposed,
            structure.norms,
            structure.specific,
            layout.expected_returns,
            layout.risk_aversion,
            layout.lower,
            layout.upper,
            layout.start,
            layout.linear_cost,
            layout.impact_cost,
            layout.borrow_cost,
            layout.floor,
            layout.cap,
            layout.turnover,
            layout.gross,
            layout.kind,
            tolerance,
            most,
            begin,
            Z,
            W,
            *scratch,
            INFO,
        )
        self._spare.append(scratch)


def _scratch(structure: Structure) -> tuple[Vector, Vector, Vector, Index, Vector, Vector]:
    assets, prices = structure.assets, structure.prices
    return (
        np.empty((8, assets)),
        np.empty((VECTORS, assets)),
        np.zeros((8, prices)),
        np.empty(prices, dtype=np.int64),
        np.empty(assets * prices),
        np.empty(prices * (prices + 2)),
    )
