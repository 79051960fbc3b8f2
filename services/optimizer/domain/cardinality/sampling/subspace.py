"""The states in which a circuit's choices live: those of n assets that hold exactly K, in increasing order.

A state is a number whose bit i says whether asset i is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.optimizer.domain.vectors import Index, Mask, Vector

Places: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Subspace:
    """The states of n assets that hold K, C(n, K) of them."""

    assets: int
    """n."""
    held: int
    """K."""

    @cached_property
    def states(self) -> Index:
        """(S,), increasing."""
        every = np.arange(1 << self.assets, dtype=np.uint32)
        return np.flatnonzero(np.bitwise_count(every) == self.held)

    @property
    def size(self) -> int:
        """S = C(n, K)."""
        return int(self.states.size)

    def masks(self, states: Index) -> Mask:
        """Which assets states hold, (…, n)."""
        return np.asarray((states[..., None] >> np.arange(self.assets)) & 1 == 1)

    def product_state(self, chances: Vector) -> Vector:
        """√Π pᵢ^xᵢ (1 − pᵢ)^(1 − xᵢ), (S,), of length one: independent choices, given that K are made.

        `chances` p lie strictly between 0 and 1 (Egger, Mareček and Woerner 2021, Warm-starting quantum optimization).
        """
        odds = np.log(chances) - np.log1p(-chances)
        weight = np.zeros(self.size)
        for asset in range(self.assets):
            weight += odds[asset] * ((self.states >> asset) & 1)
        found = np.exp(0.5 * (weight - weight.max()))
        return np.asarray(found / np.linalg.norm(found))

    @cached_property
    def neighbours(self) -> tuple[Places, Places]:
        """For assets i and i + 1, and the last with the first: where states with i alone of both are, and with i + 1.

        (R, C(n − 2, K − 1)) each, R = n rings, or one for two assets.
        """
        states, count = self.states, self.assets if self.assets > 2 else 1
        where = np.empty(1 << self.assets, dtype=np.int32)
        where[states] = np.arange(states.size)
        both = [(1 << i) | (1 << (i + 1) % self.assets) for i in range(count)]
        alone = [np.flatnonzero((states & pair) == 1 << i) for i, pair in enumerate(both)]
        turned = [where[states[each] ^ pair] for each, pair in zip(alone, both, strict=True)]
        return np.array(alone, dtype=np.int32), np.array(turned, dtype=np.int32)
