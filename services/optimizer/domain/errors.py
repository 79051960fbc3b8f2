"""What can be wrong with a problem or its solution, named by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_SAID = 6
"""Limits that one sentence names."""


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


@dataclass(frozen=True, slots=True)
class Named:
    """A limit by its path in the request, and what a sentence calls it."""

    subject: str
    noun: str


class InvalidProblem(Exception):
    """The problem contradicts itself or the contract."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.mend}" for each in violations[:5]))
        self.violations = tuple(violations)


class Infeasible(Exception):
    """No weights satisfy the constraints.

    With `together` the conflicts must all give at once; otherwise each alone would do.
    """

    def __init__(
        self,
        conflicts: Sequence[Conflict],
        *,
        together: bool,
        contradiction: Sequence[Named] = (),
        relaxation: Sequence[Conflict] = (),
    ) -> None:
        how = "these must give together" if together else "any one of these would mend it"
        listed = "; ".join(each.description for each in conflicts[:3])
        super().__init__(f"no weights satisfy the constraints{_contradicting(contradiction)}; {how}: {listed}")
        self.conflicts = tuple(conflicts)
        self.together = together
        self.contradiction = tuple(contradiction)
        """Limits that admit nothing together, but something without any one of them; empty if that is not known."""
        self.relaxation = tuple(relaxation)
        """What mends the problem by the least Σ of gives, applied together; empty if that is not known."""


def _contradicting(limits: Sequence[Named]) -> str:
    if len(limits) < 2:
        return ""
    nouns = [each.noun for each in limits[:MOST_SAID]]
    if len(limits) > MOST_SAID:
        nouns[-1] = f"{len(limits) - MOST_SAID + 1} more"
    return f": {', '.join(nouns[:-1])} and {nouns[-1]} contradict each other"


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
