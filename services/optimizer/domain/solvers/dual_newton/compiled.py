"""The compiled half's door: scratch for it, and a layout's arrays one by one."""

# ruff: noqa: PLR0917 — both halves are called alike.

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from services.optimizer.domain.solvers.dual_newton.kernel import VECTORS, newton_many
from services.optimizer.domain.solvers.dual_newton.layout import Layout
from services.optimizer.domain.solvers.dual_newton.ratio import newton_ratio
from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Index, Vector

_Scratch = tuple[Vector, Vector, Vector, Index, Vector, Vector]


class CompiledHalf:
    """Runs the kernel, which holds no lock meanwhile: as many threads as call it work at once."""

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
        scratch, spare = _taken(structure)
        shared = _arrays(structure, layout)
        newton_many(*(*shared, layout.kind, tolerance, most, begin, Z, W, *scratch, INFO))
        spare.append(scratch)

    def ratio(
        self,
        structure: Structure,
        layout: Layout,
        rate: float,
        near: float,
        tolerance: float,
        most: int,
        Z: Vector,
        W: Vector,
        INFO: Vector,
    ) -> float:
        """Fill Z, W and INFO with the answer to the program behind a ratio; its aversion, NaN if there is none."""
        scratch, spare = _taken(structure)
        shared = _arrays(structure, layout)
        aversion = newton_ratio(*(*shared, layout.kind, tolerance, most, rate, near, Z, W, *scratch, INFO))
        spare.append(scratch)
        return aversion


@lru_cache(maxsize=8)
def _spare(assets: int, prices: int) -> list[_Scratch]:  # noqa: ARG001 — it is kept by them
    """Scratch for programs of a size, one of the last few, that nobody uses: new memory costs a solve some percent."""
    return []


def _taken(structure: Structure) -> tuple[_Scratch, list[_Scratch]]:
    """Scratch, and where to put it back. A list's pop and append are whole in CPython: no scratch is in two hands."""
    spare = _spare(structure.assets, structure.prices)
    try:
        return spare.pop(), spare
    except IndexError:
        return _scratch(structure), spare


def _arrays(structure: Structure, layout: Layout) -> tuple[Any, ...]:
    return (
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
    )


def _scratch(structure: Structure) -> _Scratch:
    assets, prices = structure.assets, structure.prices
    return (
        np.empty((8, assets)),
        np.empty((VECTORS, assets)),
        np.zeros((8, prices)),
        np.empty(prices, dtype=np.int64),
        np.empty(assets * prices),
        np.empty(prices * (prices + 2)),
    )
