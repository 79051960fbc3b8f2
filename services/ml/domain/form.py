"""How Σ is written in an answer: as it was estimated, dense, or as factors plus a diagonal.

A dense Σ = V Λ Vᵀ has the exact factor form

    Σ = F Fᵀ + d I,  F = V (Λ − d I)^½,  d = 0.9 λ_min

whose diagonal is positive wherever Σ is positive definite; K is the number of eigenvalues above d.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Covariance, Dense, Factors, facing_up
from services.ml.domain.settled import LEAST_SPECIFIC

# The share of λ_min that the diagonal takes: below 1, so that no eigenvalue is split off by rounding.
_SPLIT = 0.9


class Form(Enum):
    """How Σ is written."""

    NATURAL = "natural"
    DENSE = "dense"
    FACTORS = "factors"


def written(covariance: Covariance, form: Form) -> Covariance:
    """The same Σ in a form."""
    match covariance, form:
        case Factors(), Form.DENSE:
            return Dense(covariance.matrix())
        case Dense(), Form.FACTORS:
            return split(covariance.matrix)
        case _:
            return covariance


def split(matrix: FloatArray) -> Factors:
    """The exact factor form of an N × N covariance; of one that is zero, no factor and the least D."""
    eigenvalues, directions = np.linalg.eigh(matrix)
    level = max(_SPLIT * float(eigenvalues[0]), LEAST_SPECIFIC)
    above = eigenvalues > level
    loadings = directions[:, above] * np.sqrt(eigenvalues[above] - level)
    return Factors(facing_up(loadings[:, ::-1]), np.full(len(matrix), level))
