"""Assets that carry no risk, where a rule divides by it."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.vectors import Mask, Vector

# Of the largest variance: below it, what rounding leaves of the variance of a constant price.
_LEAST_VARIANCE = 1e-16


class NoRisk(Exception):
    """A budget of risk is to be spent where there is none."""

    def __init__(self, assets: tuple[int, ...]) -> None:
        carriers = f"assets {', '.join(map(str, assets[:10]))} carry" if assets else "a long-only portfolio carries"
        super().__init__(
            f"{carriers} no risk, so that no budget of it can be met: give a budget of 0 or leave them out"
        )
        self.assets = assets
        """Indices of the assets without variance; empty if it takes several to hedge each other."""


def without_risk(variances: Vector) -> Mask:
    """Which of N assets have no variance, as booleans."""
    return np.asarray(variances <= _LEAST_VARIANCE * variances.max(initial=0.0))


def shared_by_riskless(variances: Vector) -> Vector | None:
    """Equal weights of the assets without variance; None if there are none.

    What weights that fall with risk come to as the variances of these assets vanish together.
    """
    riskless = without_risk(variances)
    count = int(riskless.sum())
    return riskless / count if count else None
