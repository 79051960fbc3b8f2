"""A trained circuit as OpenQASM 3 (Cross et al. 2022), in gates of its standard library, for a machine of qubits.

The start, independent choices given that K are made, is prepared asset by asset: how likely the next one is depends on
how many were chosen before, which K + 1 more qubits count, one of them set. The counter ends at K whatever was chosen,
so that it is not entangled with the choice. The Grover mixer is a phase on what the preparation is undone to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """What the lines are made of."""

    mixer: str
    """`grover`, `ring` or `transverse`."""
    held: int
    """K."""
    chances: Vector
    """Of each asset at the start, (n,)."""
    matrix: Vector
    """Q, (n, n): the phases are by xᵀQx."""
    gammas: Vector
    betas: Vector

    @property
    def assets(self) -> int:
        """n."""
        return int(self.chances.size)

    def program(self) -> str:
        """The program, from the version to the measurement."""
        return "\n".join([*self._head(), *self._begin(), *self._layers(), "chosen = measure asset;", ""])

    def _head(self) -> Iterator[str]:
        yield "OPENQASM 3.0;"
        yield 'include "stdgates.inc";'
        yield f"// QAOA, {self.gammas.size} layers, {self.mixer} mixer: bit i of `chosen` is whether asset i is held."
        yield f"qubit[{self.assets}] asset;"
        if self.mixer != "transverse":
            yield f"qubit[{self.held + 1}] count;"
        yield f"bit[{self.assets}] chosen;"

    def _begin(self) -> Iterator[str]:
        if self.mixer == "transverse":
            yield from (f"h asset[{i}];" for i in range(self.assets))
            return
        yield "x count[0];"
        yield from self._prepared()

    def _layers(self) -> Iterator[str]:
        for gamma, beta in zip(self.gammas.tolist(), self.betas.tolist(), strict=True):
            yield from self._phased(gamma)
            yield from {"grover": self._grover, "ring": self._ring, "transverse": self._transverse}[self.mixer](beta)

    def _phased(self, gamma: float) -> Iterator[str]:
        """e^{−iγ xᵀQx}."""
        for i in range(self.assets):
            yield f"p({-gamma * float(self.matrix[i, i])!r}) asset[{i}];"
            for j in range(i + 1, self.assets):
                yield f"cp({-2 * gamma * float(self.matrix[i, j])!r}) asset[{i}], asset[{j}];"

    def _prepared(self) -> Iterator[str]:
        angles = conditional_angles(self.chances, self.held)
        for i in range(self.assets):
            for j in range(min(i, self.held - 1) + 1):
                yield f"cry({float(angles[i, j])!r}) count[{j}], asset[{i}];"
            for j in reversed(range(min(i, self.held - 1) + 1)):
                yield f"cswap asset[{i}], count[{j}], count[{j + 1}];"

    def _unprepared(self) -> Iterator[str]:
        for line in reversed(list(self._prepared())):
            yield line.replace("cry(", "cry(-") if line.startswith("cry(") else line

    def _grover(self, beta: float) -> Iterator[str]:
        yield from self._unprepared()
        last = self.assets - 1
        controls = ", ".join(f"asset[{i}]" for i in range(last))
        yield f"x asset[{last}];"
        yield f"negctrl({last}) @ p({-beta!r}) {controls}, asset[{last}];"
        yield f"x asset[{last}];"
        yield from self._prepared()

    def _ring(self, beta: float) -> Iterator[str]:
        for i in range(self.assets if self.assets > 2 else 1):
            a, b = f"asset[{i}]", f"asset[{(i + 1) % self.assets}]"
            yield from (f"cx {a}, {b};", f"crx({2 * beta!r}) {b}, {a};", f"cx {a}, {b};")

    def _transverse(self, beta: float) -> Iterator[str]:
        yield from (f"rx({2 * beta!r}) asset[{i}];" for i in range(self.assets))


def conditional_angles(chances: Vector, held: int) -> Vector:
    """2 asin √P(asset i is chosen | j of those before it are, and K in all), (n, K).

    P = oᵢ e(K−j−1; i+1) / e(K−j; i)  with odds o and e(k; i) the sum over choices of k out of assets i.. of the product
    of their odds.
    """
    odds, count = chances / (1 - chances), chances.size
    e = np.zeros((count + 1, held + 1))
    e[:, 0] = 1.0
    for i in range(count - 1, -1, -1):
        e[i, 1:] = e[i + 1, 1:] + odds[i] * e[i + 1, :-1]
    angles = np.zeros((count, held))
    for i in range(count):
        for j in range(held):
            whole = e[i, held - j]
            angles[i, j] = 2 * np.arcsin(np.sqrt(min(1.0, odds[i] * e[i + 1, held - j - 1] / whole))) if whole else 0.0
    return angles
