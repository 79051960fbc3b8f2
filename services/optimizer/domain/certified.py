"""An answer together with what proves it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.kkt import kkt_residuals
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Solved


@dataclass(frozen=True, slots=True, eq=False)
class Certified:
    """What an engine found, and the multipliers of the set that it found it in; none where a rule gave the weights."""

    solved: Solved
    multipliers: Multipliers | None = None
    """In the unit of the goal, a ratio's in that of its excess."""
    admissible: AdmissibleSet | None = None


def with_residuals(found: Certified, problem: Problem) -> Certified:
    """The same with the residuals of the optimality conditions; of a CVaR, which has no gradient, there are none."""
    if found.multipliers is None or found.admissible is None or problem.goal.objective is Objective.CVAR:
        return found
    certificate, weights = Certificate(problem), found.solved.weights
    slope = certificate.slope(weights, found.multipliers)
    kkt = kkt_residuals(weights, slope, found.admissible, found.multipliers, certificate.kinks)
    return replace(found, solved=replace(found.solved, kkt=kkt))
