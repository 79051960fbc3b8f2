"""What is optimized."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_CONFIDENCE = 0.95


class Objective(StrEnum):
    """The objectives of the contract."""

    SHARPE = "sharpe"
    """Maximize (μᵀw − r) / √(wᵀΣw)."""
    RETURN = "return"
    """Maximize μᵀw, subject to √(wᵀΣw) ≤ max_volatility if one is given."""
    RISK = "risk"
    """Minimize √(wᵀΣw), subject to μᵀw ≥ min_return if one is given."""
    UTILITY = "utility"
    """Maximize μᵀw − ½ γ wᵀΣw."""
    TRACKING_ERROR = "tracking_error"
    """Minimize √((w − b)ᵀΣ(w − b)), subject to μᵀw ≥ min_return if one is given."""
    ACTIVE_UTILITY = "active_utility"
    """Maximize μᵀ(w − b) − ½ γ (w − b)ᵀΣ(w − b)."""
    CVAR = "cvar"
    """Minimize the conditional value at risk over the scenarios, subject to μᵀw ≥ min_return if one is given."""
    RISK_PARITY = "risk_parity"
    """Each asset contributes its budget to the volatility."""
    HIERARCHICAL_RISK_PARITY = "hierarchical_risk_parity"
    """Recursive bisection along the leaves of a cluster tree."""
    HIERARCHICAL_EQUAL_RISK = "hierarchical_equal_risk"
    """Equal risk of clusters, down a cluster tree."""
    DIVERSIFICATION = "diversification"
    """Maximize σᵀw / √(wᵀΣw)."""
    INVERSE_VOLATILITY = "inverse_volatility"
    """w ∝ 1/σ."""
    EQUAL_WEIGHT = "equal_weight"
    """w = 1/N."""


# Rules that say what the weights are, rather than what they are best at: no constraint has a say in them.
RULES = frozenset(
    {
        Objective.RISK_PARITY,
        Objective.HIERARCHICAL_RISK_PARITY,
        Objective.HIERARCHICAL_EQUAL_RISK,
        Objective.INVERSE_VOLATILITY,
        Objective.EQUAL_WEIGHT,
    }
)
# Objectives that may ask for a least expected return.
RISKS = frozenset({Objective.RISK, Objective.TRACKING_ERROR, Objective.CVAR})
# Objectives that count returns, and therefore costs.
RETURNS = frozenset({Objective.SHARPE, Objective.RETURN, Objective.UTILITY, Objective.ACTIVE_UTILITY})
RELATIVE = frozenset({Objective.TRACKING_ERROR, Objective.ACTIVE_UTILITY})
# Objectives over choices of assets: those that have a quadratic program behind them for a given choice.
CHOOSABLE = frozenset(
    {
        Objective.RISK,
        Objective.RETURN,
        Objective.UTILITY,
        Objective.TRACKING_ERROR,
        Objective.ACTIVE_UTILITY,
        Objective.SHARPE,
    }
)
# Objectives whose value at any weights is told by the goal alone.
MEASURED = CHOOSABLE | {Objective.DIVERSIFICATION}
HIERARCHICAL = frozenset({Objective.HIERARCHICAL_RISK_PARITY, Objective.HIERARCHICAL_EQUAL_RISK})


class Linkage(StrEnum):
    """How far two clusters are apart."""

    SINGLE = "single"
    COMPLETE = "complete"
    AVERAGE = "average"
    WARD = "ward"


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective with its parameters; rates and volatilities are fractions per year."""

    objective: Objective = Objective.SHARPE
    risk_free_rate: float = 0.0
    risk_aversion: float = 1.0
    min_return: float | None = None
    max_volatility: float | None = None
    cvar_confidence: float = DEFAULT_CONFIDENCE
    risk_budgets: Mapping[str, float] = field(default_factory=dict)
    linkage: Linkage = Linkage.SINGLE
    clusters: int = 0

    @property
    def maximizes(self) -> bool:
        """Whether larger is better."""
        return self.objective not in RISKS
