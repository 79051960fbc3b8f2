"""Some eigenpairs of a symmetric matrix, largest first, without computing the others.

After the reduction to a tridiagonal matrix only the wanted pairs are found (LAPACK's syevr: J. Demmel and others,
multiple relatively robust representations). scipy is imported on first use: it takes as long as a large estimate, and
most estimates never need it.
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray

Pairs = tuple[FloatArray, FloatArray]


def leading_pairs(matrix: FloatArray, count: int) -> Pairs:
    """The `count` ≥ 1 largest eigenvalues and their eigenvectors as columns; the matrix is overwritten."""
    from scipy.linalg import eigh

    wanted = (len(matrix) - count, len(matrix) - 1)
    return _falling(*eigh(matrix, subset_by_index=wanted, check_finite=False, overwrite_a=True))


def pairs_above(matrix: FloatArray, bound: float) -> Pairs:
    """The eigenvalues above a bound and their eigenvectors as columns; the matrix is overwritten."""
    from scipy.linalg import eigh

    return _falling(*eigh(matrix, subset_by_value=(bound, np.inf), check_finite=False, overwrite_a=True))


def _falling(eigenvalues: FloatArray, vectors: FloatArray) -> Pairs:
    """LAPACK's order turned round."""
    return eigenvalues[::-1], vectors[:, ::-1]
