"""Which caps no admissible weights keep, and what they would have to be."""

from __future__ import annotations

from collections.abc import Collection

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import Conflict, Infeasible, OutOfTime, SolverFailed
from services.optimizer.domain.limits import rounded_up
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.general_statement import OUT_OF_TIME, Statement, caps, cp

WORDS = {
    "MAX_VOLATILITY": ("goal.max_volatility", "the greatest volatility"),
    "MAX_TRACKING_ERROR": ("constraints.max_tracking_error", "the greatest tracking error"),
    "MAX_CVAR": ("constraints.max_cvar.max", "the greatest conditional value at risk"),
    "MAX_GROSS": ("constraints.max_gross", "the greatest gross exposure"),
}
TOLERANCE = 1e-12
# A cap that has to give by less can be met.
NEGLIGIBLE = 1e-8


def unmet_caps(problem: Problem, admissible: AdmissibleSet, control: Control) -> Infeasible | None:
    """The caps that alone would mend the problem, or all that must give together; None if all can be met.

    Raises OutOfTime, Cancelled or SolverFailed.
    """
    limits = caps(problem, admissible)
    alone = [_gives(problem, admissible, control, [kind]) for kind in limits]
    if any(gives is not None and max(gives.values()) <= NEGLIGIBLE for gives in alone):
        return None
    mends = [_conflict(kind, limits[kind], give) for gives in alone if gives for kind, give in gives.items()]
    if mends:
        return Infeasible(mends, together=False)
    together = _gives(problem, admissible, control, limits)
    if together is None:
        return None
    conflicts = [_conflict(kind, limits[kind], give) for kind, give in together.items() if give > NEGLIGIBLE]
    return Infeasible(conflicts, together=True) if conflicts else None


def _gives(
    problem: Problem, admissible: AdmissibleSet, control: Control, kinds: Collection[str]
) -> dict[str, float] | None:
    """By how much the named caps must give, at the least, if the others do not; None if that is not enough."""
    gives = {kind: cp.Variable(nonneg=True) for kind in kinds}
    statement = Statement(problem, admissible, gives=gives)
    if not gives:
        return None
    try:
        ended = statement.run(sum(gives.values()), control, TOLERANCE)
    except SolverFailed:
        return None
    if ended == OUT_OF_TIME:
        raise OutOfTime("the time ran out while looking for the caps that conflict")
    return {kind: float(give.value) for kind, give in gives.items()}


def _conflict(kind: str, limit: float, give: float) -> Conflict:
    subject, noun = WORDS[kind]
    needed = rounded_up(limit + give)
    sentence = f"{noun} is {limit:.6g}; it would have to be at least {needed:.6g}"
    return Conflict(kind, subject, sentence, limit, needed)
