"""What the portfolios of a stream share, and what of it the quick method does not take."""

from __future__ import annotations

from collections.abc import Iterator

from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.errors import InvalidProblem, Violation
from services.optimizer.domain.goal import Goal, Objective

GOALS = frozenset({Objective.UTILITY, Objective.RISK})
HEADER = "header."
LARGEST_DENSE = 120
"""Assets of a dense Σ that is split into factors; said here too, for where no solver is imported."""


def rows_of(constraints: Constraints) -> int:
    """m: the rows whose caps a frame may replace."""
    return len(constraints.groups) + len(constraints.rows) + len(constraints.factors)


def refuse(violations: Iterator[Violation]) -> None:
    """Raise InvalidProblem if there are any, each as a part of the header."""
    found = [Violation(HEADER + each.field, each.mend) for each in violations]
    if found:
        raise InvalidProblem(found)


def unfit(goal: Goal, constraints: Constraints, assets: int, factors: int) -> Iterator[Violation]:
    """What a batch does not take, over a universe of N assets and K factors (0: its covariance is dense)."""
    if goal.objective not in GOALS:
        mend = "choose OBJECTIVE_UTILITY or OBJECTIVE_RISK: the others go through Solve, one by one"
        yield Violation("goal.objective", mend)
    for field in ("max_tracking_error", "max_cvar", "cardinality"):
        if getattr(constraints, field) is not None:
            yield Violation(f"constraints.{field}", "leave it out: such problems go through Solve, one by one")
    if factors == 0 and assets > LARGEST_DENSE:
        mend = f"its covariance is dense: put it as factors, or with at most {LARGEST_DENSE} assets"
        yield Violation("universe_id", mend)


def refuse_idle(goal: Goal, *, tilted: bool, averse: bool) -> Iterator[Violation]:
    """What a frame may not say of a goal that does not look at it."""
    if goal.objective is Objective.UTILITY:
        return
    if tilted:
        yield Violation("mu_tilts", "counts for OBJECTIVE_UTILITY alone: leave it out")
    if averse:
        yield Violation("risk_aversions", "counts for OBJECTIVE_UTILITY alone: leave it out")
