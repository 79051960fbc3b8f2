"""What a covariance may be spared where no weight is negative, so that more of the risk is each asset's own.

For w ≥ 0 and N ≥ 0 it is wᵀΣw ≥ wᵀ(Σ − N)w, so that a bound for Σ − N is one for Σ. It may be the better one:
covariances that no good choice pays for keep the diagonal small, as long as the relaxation may go short in them. The
best N and D for weights w and shares ζ are the dual of the doubly nonnegative relaxation (Burer 2009, On the copositive
representation of binary and continuous nonconvex quadratic programs),

    max Σ cᵢ dᵢ − wᵀNw   subject to   Σ − N − diag(d) ⪰ 0,   d ≥ 0,   N ≥ 0,        cᵢ = wᵢ² (1/ζᵢ − 1),

whose own dual, min ⟨Σ, VVᵀ⟩ with |vᵢ|² ≥ cᵢ and vᵢ·vⱼ ≥ −wᵢwⱼ, is solved by sweeps of the mixing method between steps
of N (Arrow, Hurwicz and Uzawa 1958, Studies in linear and non-linear programming).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.cardinality.diagonal import KEPT, LIGHTEST, MIXED, OwnRisk, mixed, most_sweeps
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.vectors import Index, Vector

LAST_SWEEPS = 20
"""For the diagonal alone, after those with steps of N between them."""
STEP, SHORTER = 3e-4, 0.95
"""Of N in correlations, by the cosines of V, and what each round makes of it."""
FOLLOWED = 0.3
"""How far weights and shares are followed in each round, so that they do not jump."""
NO_LENGTH = 1e-12
"""A row of V that is shorter has no direction."""


@dataclass(frozen=True, slots=True, eq=False)
class DoublyNonnegative:
    """What has been learned of N and D for one Σ, in correlations."""

    own: OwnRisk
    """Σ."""
    rows: Vector
    """V, (n, R)."""
    left: Vector
    """Σ − N, (n, n)."""
    step: float = STEP
    counted: Vector | None = None
    """c, (n,); None as long as nothing has been learned."""
    held: Vector | None = None
    """w, (n,)."""

    @classmethod
    def of(cls, own: OwnRisk) -> DoublyNonnegative:
        """With nothing spared."""
        return cls(own, own.rows, own.correlation)

    def among(self, members: Index) -> DoublyNonnegative:
        """The same of some of its assets. Raises LinAlgError where rounding leaves them less than full rank."""
        return replace(
            self,
            own=self.own.among(members),
            rows=self.rows[members],
            left=self.left[np.ix_(members, members)],
            counted=None if self.counted is None else self.counted[members],
            held=None if self.held is None else self.held[members],
        )

    def learned(
        self, weights: Vector, wanted: Vector, stopped: Callable[[], bool]
    ) -> tuple[DoublyNonnegative, FactorCovariance] | None:
        """What is known after another round, for w and c (n,), and Σ − N as F Fᵀ + D; None if it was stopped."""
        own, scale = self.own, self.own.scale
        counted, held, rows = wanted * scale**2, weights * scale, self.rows.copy()
        if self.counted is not None and self.held is not None:
            counted = self.counted + FOLLOWED * (counted - self.counted)
            held = self.held + FOLLOWED * (held - self.held)
        known = replace(self, counted=counted, held=held, step=SHORTER * self.step)
        lengths = np.maximum(counted, max(LIGHTEST * float(counted.max()), NO_LENGTH))
        typical = float(lengths.mean())
        lengths, held = lengths / typical, held / np.sqrt(typical)
        if self.counted is None:
            rows *= np.sqrt(lengths)[:, None]
        left = self.left.copy()
        for _ in range(most_sweeps(held.size)):
            if stopped():
                return None
            mixed(left, lengths, rows, 1)
            # N ← max(0, N − step (vᵢ·vⱼ + wᵢwⱼ) / |vᵢ||vⱼ|); its diagonal stays 0.
            size = np.maximum(np.linalg.norm(rows, axis=1), NO_LENGTH)
            owed = np.column_stack([rows, held]) * (np.sqrt(self.step) / size)[:, None]
            left += owed @ owed.T
            np.minimum(left, own.correlation, out=left)
        diagonal = np.maximum(mixed(left, lengths, rows.copy(), LAST_SWEEPS), 0.0)
        if stopped():
            return None
        spared = own.correlation - left
        share = (1 - MIXED) * own.share(spared + np.diag(diagonal))
        if stopped():
            return None
        risk = KEPT * (share * diagonal + MIXED * own.smallest) * scale**2
        return replace(known, rows=rows, left=left), own.factors(risk, share * spared * np.outer(scale, scale))
