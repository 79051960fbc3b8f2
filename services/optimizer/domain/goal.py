"""What is optimized."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Objective(StrEnum):
    """The four objectives of the contract."""

    SHARPE = "sharpe"
    """Maximize (μᵀw − r) / √(wᵀΣw)."""
    RETURN = "return"
    """Maximize μᵀw, subject to √(wᵀΣw) ≤ max_volatility if one is given."""
    RISK = "risk"
    """Minimize √(wᵀΣw), subject to μᵀw ≥ min_return if one is given."""
    UTILITY = "utility"
    """Maximize μᵀw − ½ γ wᵀΣw."""


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective with its parameters; rates and volatilities are fractions per year."""

    objective: Objective = Objective.SHARPE
    risk_free_rate: float = 0.0
    risk_aversion: float = 1.0
    min_return: float | None = None
    max_volatility: float | None = None

    @property
    def maximizes(self) -> bool:
        """Whether larger is better."""
        return self.objective is not Objective.RISK
