"""Σ made safe from rounding, with what was added to its diagonal, and how it is conditioned.

A covariance is positive semidefinite, but what should be zero comes out on either side of it. A dense Σ whose smallest
eigenvalue lies below N ε λ_max, where it can't be told from zero, is shifted until it stands at that level. Of a factor
form the diagonal D alone is raised, to 10⁻⁸ of the mean variance, which is above N ε λ_max for every N ≤ 5,000: an
engine divides by D.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.ml.domain.covariance import Covariance, Dense, Factors
from services.ml.domain.spectrum import EPSILON, factor_extremes, symmetric_extremes

# D is at least this share of the mean variance.
LEAST_SPECIFIC_SHARE = 1e-8
# The floor where all returns are constant and there is no variance to take a share of.
LEAST_SPECIFIC = 1e-14


@dataclass(frozen=True, slots=True)
class Settled:
    """A safe Σ, its condition number (0 if it is zero), and the most that was added to an entry of its diagonal."""

    covariance: Covariance
    condition_number: float
    shift: float


def settled(covariance: Covariance) -> Settled:
    """The covariance, made safe."""
    return _settled_factors(covariance) if isinstance(covariance, Factors) else _settled_dense(covariance)


def _settled_dense(covariance: Dense) -> Settled:
    """A dense Σ, shifted if its smallest eigenvalue can't be told from zero."""
    smallest, largest = symmetric_extremes(covariance.matrix)
    floor = len(covariance.matrix) * EPSILON * largest
    if floor <= 0.0:
        return Settled(covariance, 0.0, 0.0)
    shift = max(0.0, floor - smallest)
    safe = covariance.shifted(shift) if shift else covariance
    return Settled(safe, float(np.divide(largest + shift, smallest + shift)), shift)


def _settled_factors(covariance: Factors) -> Settled:
    """A factor form, each entry of its D raised to the floor."""
    floor = max(LEAST_SPECIFIC_SHARE * covariance.total_variance / len(covariance.specific), LEAST_SPECIFIC)
    safe = covariance.raised(floor)
    smallest, largest = factor_extremes(safe)
    return Settled(safe, largest / smallest, float((safe.specific - covariance.specific).max()))
