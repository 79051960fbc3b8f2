"""Sessions of a symbol must rise through an upload, and none may stand twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from services.marketdata.domain.defects import DefectReason, Flaw


@dataclass(slots=True)
class SessionOrder:
    """Remembers the sessions kept of each symbol. Rows that were not kept spoil nothing for those after them."""

    seen: defaultdict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    newest: dict[str, date] = field(default_factory=dict)

    def flaw(self, symbol: str, session: date) -> Flaw | None:
        """What is wrong with this session coming now, if anything."""
        if session in self.seen[symbol]:
            return Flaw(DefectReason.DUPLICATE, f"{session} stood earlier in the upload; the first one is kept")
        newest = self.newest.get(symbol)
        if newest is not None and session < newest:
            return Flaw(DefectReason.OUT_OF_ORDER, f"{session} comes after {newest}; sort the rows by date")
        return None

    def keep(self, symbol: str, session: date) -> None:
        """Remember a session whose row is kept."""
        self.seen[symbol].add(session)
        self.newest[symbol] = session
