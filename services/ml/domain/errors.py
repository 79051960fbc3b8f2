"""Why an estimate cannot be made: nouns of what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class InvalidSpec(Exception):
    """A field of the specification cannot be followed; `mend` says what would do."""

    field: str
    mend: str

    def __str__(self) -> str:
        return f"{self.field}: {self.mend}"


@dataclass
class ReturnOutOfRange(Exception):
    """A return is infinite or so large that it is no return; `row` counts from 0."""

    symbol: str
    row: int
    value: float

    def __str__(self) -> str:
        return f"the return of {self.symbol} in row {self.row} is {self.value:g}, which is not a return"


@dataclass(frozen=True)
class Shortfall:
    """A symbol that leaves too few common sessions: the returns it has in the window, and what is needed."""

    symbol: str
    has: int
    needs: int


@dataclass
class InsufficientHistory(Exception):
    """Fewer sessions than needed have a return of every symbol."""

    sessions: int
    needs: int
    short: Sequence[Shortfall]

    def __str__(self) -> str:
        return f"{self.sessions} sessions have a return of every symbol, but {self.needs} are needed"


@dataclass
class UniverseTooLarge(Exception):
    """Σ would not fit into one answer in the form that was asked for: `numbers` it takes, `limit` may be."""

    numbers: int
    limit: int

    def __str__(self) -> str:
        return f"Σ takes {self.numbers:,} numbers in this form, more than the {self.limit:,} that an answer can hold"


@dataclass
class ScenariosTooLarge(Exception):
    """The scenarios would not fit into one answer: `numbers` they take, `beside` Σ does, `limit` both may."""

    numbers: int
    beside: int
    limit: int

    def __str__(self) -> str:
        return (
            f"the scenarios take {self.numbers:,} numbers beside the {self.beside:,} of Σ, more than the "
            f"{self.limit:,} that an answer can hold"
        )
