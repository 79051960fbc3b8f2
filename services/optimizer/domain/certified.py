"""An answer together with what proves it."""

from __future__ import annotations

from dataclasses import dataclass

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.kkt import kkt_residuals
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import KktResiduals, Solved
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Certified:
    """What an engine found, and the multipliers of the set that it found it in; none where a rule gave the weights."""

    solved: Solved
    multipliers: Multipliers | None = None
    """In the unit of the goal, a ratio's in that of its excess."""
    admissible: AdmissibleSet | None = None
    tail: Vector | None = None
    """a with CVaR(w) ≥ aᵀw and equal at ŵ, which the multipliers go with, where CVaR is the goal."""

    def slope(self, certificate: Certificate) -> Vector | None:
        """What more of each asset is worth at ŵ; see `Certificate.slope`. None where nothing proves the answer."""
        if self.multipliers is None or self.admissible is None:
            return None
        slope = certificate.slope(self.solved.weights, self.multipliers)
        return slope if self.tail is None else slope - self.tail


def residuals(found: Certified, problem: Problem) -> KktResiduals | None:
    """The residuals of the optimality conditions; None where nothing proves the answer."""
    certificate = Certificate(problem)
    slope = found.slope(certificate)
    if slope is None or found.multipliers is None or found.admissible is None:
        return None
    return kkt_residuals(found.solved.weights, slope, found.admissible, found.multipliers, certificate.kinks)
