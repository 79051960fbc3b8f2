"""What can be wrong with a problem or its solution, named by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """A field that breaks a rule, and how to mend it."""

    field: str
    mend: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A constraint of an infeasible problem: what it is now and what it would have to be."""

    type: str
    subject: str
    description: str
    limit: float
    needed: float


class InvalidProblem(Exception):
    """The problem contradicts itself or the contract."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.mend}" for each in violations[:5]))
        self.violations = tuple(violations)


class Infeasible(Exception):
    """No weights satisfy the constraints.

    With `together` the conflicts must all give at once; otherwise each alone would do.
    """

    def __init__(self, conflicts: Sequence[Conflict], *, together: bool) -> None:
        how = "these must give together" if together else "any one of these would mend it"
        listed = "; ".join(each.description for each in conflicts[:3])
        super().__init__(f"no weights satisfy the constraints; {how}: {listed}")
        self.conflicts = tuple(conflicts)
        self.together = together


class Unbounded(Exception):
    """The objective grows without bound under the constraints."""


class NoExcessReturn(Exception):
    """No admissible portfolio is expected to earn more than the risk-free rate."""

    def __init__(self, greatest: float, risk_free_rate: float) -> None:
        super().__init__(
            f"the greatest admissible expected return, {greatest:.6g} a year, does not exceed the risk-free rate, "
            f"{risk_free_rate:.6g}: lower goal.risk_free_rate or choose another objective"
        )
        self.greatest = greatest
        self.risk_free_rate = risk_free_rate


class OutOfTime(Exception):
    """The time ran out before there was an admissible answer."""


class SolverFailed(Exception):
    """The engine found no answer that holds."""

    def __init__(self, engine: str, detail: str) -> None:
        super().__init__(f"the engine {engine} failed: {detail}")
        self.engine = engine
        self.detail = detail


class Cancelled(Exception):
    """The solve was cancelled."""
