"""Which of a dataset's instruments a text speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """An instrument's symbol, and its issuer's name."""

    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class Linker:
    """Placeholder until the real one stands here."""

    symbols: frozenset[str]

    @classmethod
    def of(cls, named: Sequence[Named]) -> Linker:
        """Of these."""
        return cls(frozenset(each.symbol for each in named))

    def links(self, text: str) -> frozenset[str]:
        """The symbols as words."""
        return frozenset(symbol for symbol in self.symbols if f"${symbol}" in text)
