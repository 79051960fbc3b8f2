"""Why rows and cells of an upload are not kept, and the report of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

# A report names this many defects by line; all are counted.
REPORTED = 1000


class DefectReason(Enum):
    """Why a row or cell was not kept; the contract's DefectReason by name."""

    UNKNOWN_COLUMN = 1
    NON_POSITIVE_PRICE = 2
    NOT_FINITE = 3
    DUPLICATE = 4
    OUT_OF_ORDER = 5
    BAD_DATE = 6
    BAD_NUMBER = 7
    BAD_SYMBOL = 8
    MISSING_FIELD = 9
    RAGGED_ROW = 10
    FUTURE_SESSION = 11


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one cell."""

    reason: DefectReason
    detail: str


@dataclass(frozen=True, slots=True)
class Defect:
    """A row or cell that was not kept: where it stood and why."""

    line: int
    column: str
    symbol: str
    reason: DefectReason
    detail: str


@dataclass(slots=True)
class DefectReport:
    """The first defects of an upload by line, and how many there were of each reason."""

    first: list[Defect] = field(default_factory=list)
    counts: Counter[DefectReason] = field(default_factory=Counter)

    def add(self, line: int, column: str, symbol: str, flaw: Flaw) -> None:
        """Count a flaw, and keep it by line while there is room."""
        self.counts[flaw.reason] += 1
        if len(self.first) < REPORTED:
            self.first.append(Defect(line, column, symbol, flaw.reason, flaw.detail))

    @property
    def total(self) -> int:
        """How many defects there were in all."""
        return self.counts.total()
