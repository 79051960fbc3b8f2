"""What all programs over one universe share: Σ = F Fᵀ + diag(D) and the rows A, laid out for the dual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.vectors import Vector, compilable


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """N assets, K factors, m rows; n = K + m. Prices z have p = n + 2 components: (λ, ν, τ, η)."""

    columns: Vector
    """C = [F | Aᵀ S] as (N, n), row-major: an asset's row is gathered whole."""
    transposed: Vector
    """Cᵀ as (n, N), row-major: a column is added or clipped whole."""
    norms: Vector
    """Of C's rows, as (N,): how large Cz may be, and so its rounding."""
    specific: Vector
    """D as (N,), variances per year, all positive."""
    row_scale: Vector
    """S as (m,): powers of two, so that every row's largest coefficient is about one and scaling rounds nothing."""
    scaled: bool
    """Whether any of them is not one."""
    assets: int
    """N."""
    factors: int
    """K."""
    rows: int
    """m."""

    @classmethod
    def of(cls, loadings: Vector, specific: Vector, rows: Vector) -> Structure:
        """Lay out F (N, K), D (N,) and A (m, N). Raises ValueError for shapes that do not fit and for D ≤ 0."""
        count = specific.shape[0]
        if specific.ndim != 1 or loadings.shape[:1] != (count,) or rows.ndim != 2 or rows.shape[1] != count:
            shapes = f"{loadings.shape}, {specific.shape}, {rows.shape}"
            raise ValueError(f"loadings, specific and rows must be (N, K), (N,) and (m, N), but are {shapes}")
        if not specific.min(initial=1.0) > 0:
            raise ValueError("every specific variance must be positive: raise it to a floor")
        factors = int(loadings.shape[1])
        transposed = np.empty((factors + rows.shape[0], count))
        transposed[:factors], below = loadings.T, transposed[factors:]
        largest = np.abs(rows, out=below).max(axis=1, initial=0.0)
        exponents = np.frexp(np.where(largest > 0, largest, 1.0))[1]
        scale, scaled = np.ldexp(1.0, 1 - exponents), bool((exponents != 1).any())
        if scaled:
            np.multiply(rows, scale[:, None], out=below)
        else:
            below[:] = rows
        return cls(
            np.ascontiguousarray(transposed.T),
            transposed,
            np.sqrt(np.ones(transposed.shape[0]) @ np.square(transposed)),
            compilable(specific),
            scale,
            scaled=scaled,
            assets=count,
            factors=factors,
            rows=int(rows.shape[0]),
        )

    @property
    def prices(self) -> int:
        """p."""
        return self.factors + self.rows + 2
