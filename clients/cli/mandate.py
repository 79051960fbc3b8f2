"""The options that say what to optimize for, and from which estimate."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from cyclopts import Group, Parameter
from qpo.types.v1.mandate_pb2 import Goal
from qpo.types.v1.moments_pb2 import EstimationSpec

from clients.cli.by_symbol import of_text
from clients.cli.dates import session

_GOAL = Group("Goal", sort_key=10)
_ESTIMATE = Group("Estimation", sort_key=13)


def untouched(options: Any) -> bool:
    """True if not one of a group's options was given, so that its message can stay absent."""
    return all(getattr(options, field.name) == field.default for field in fields(options))


ObjectiveName = Literal[
    "sharpe",
    "return",
    "risk",
    "utility",
    "tracking-error",
    "active-utility",
    "cvar",
    "risk-parity",
    "hierarchical-risk-parity",
    "hierarchical-equal-risk",
    "diversification",
    "inverse-volatility",
    "equal-weight",
]


@Parameter(name="*", group=_GOAL, negative=())
@dataclass(frozen=True, kw_only=True)
class GoalOptions:
    """What to optimize for."""

    objective: ObjectiveName | None = None
    """Best Sharpe ratio (the default), greatest return, least risk, or best utility μᵀw − ½γwᵀΣw. Against a benchmark:
    least tracking error, or best active utility. Least mean loss of the worst sessions: cvar. By rule, with no other
    constraint: risk parity, the two hierarchical ones, inverse volatility, equal weights. Greatest diversification
    ratio σᵀw / √(wᵀΣw): diversification."""
    risk_free_rate: float = 0.0
    """Risk-free rate per year; 0.02 is 2 %."""
    risk_aversion: float = 0.0
    """γ of utility and active utility; 0 means 1."""
    min_return: float | None = None
    """With risk, tracking error and cvar: least expected return per year."""
    max_volatility: float | None = None
    """With return: greatest volatility per year."""
    risk_budget: tuple[str, ...] = ()
    """With risk parity: each asset's share of the risk, as SYMBOL=SHARE,…, scaled to sum to 1; without it
    equal ones."""
    linkage: Literal["single", "complete", "average", "ward"] | None = None
    """With the hierarchical ones: how far two clusters are apart, by their nearest pair (the default), their farthest,
    the mean over pairs, or Ward's variance."""
    clusters: int = 0
    """With hierarchical equal risk: number of clusters; 0 lets the gap statistic say."""

    def message(self, cvar_confidence: float = 0.0) -> Goal | None:
        """The contract's Goal, or None if no option was given; the confidence counts where cvar is optimized.

        Raises Problem on a risk budget that it can't read.
        """
        if untouched(self):
            return None
        return Goal(
            objective=_name("OBJECTIVE", self.objective or "sharpe"),
            risk_free_rate=self.risk_free_rate,
            risk_aversion=self.risk_aversion,
            min_return=self.min_return,
            max_volatility=self.max_volatility,
            cvar_confidence=cvar_confidence if self.objective == "cvar" else 0.0,
            risk_budgets=of_text(self.risk_budget, "--risk-budget") if self.risk_budget else {},
            linkage=_name("LINKAGE", self.linkage),
            clusters=self.clusters,
        )


@Parameter(name="*", group=_ESTIMATE)
@dataclass(frozen=True, kw_only=True)
class EstimateOptions:
    """How expected returns and covariance are estimated."""

    expected_return: Literal["sample", "exponential", "shrunk"] | None = None
    """How expected returns are estimated; without it sample."""
    covariance: Literal["sample", "ledoit-wolf", "exponential", "pca-factors", "rmt-denoised"] | None = None
    """How the covariance is estimated; without it ledoit-wolf."""
    lookback: int = 0
    """Window in sessions; 0 means 756, three years."""
    half_life: float = 0.0
    """Half-life of exponential weights in sessions; 0 means 126."""
    factors: int = 0
    """Principal components; 0 means min(10, N/2)."""
    end: date | None = None
    """Last session of the window (YYYY-MM-DD); without it the dataset's last."""

    def message(self) -> EstimationSpec | None:
        """The contract's EstimationSpec, or None if no option was given."""
        if untouched(self):
            return None
        return EstimationSpec(
            expected_return=_name("EXPECTED_RETURN_METHOD", self.expected_return),
            covariance=_name("COVARIANCE_METHOD", self.covariance),
            lookback=self.lookback,
            half_life=self.half_life,
            factors=self.factors,
            end=session(self.end),
        )


NO_GOAL = GoalOptions()
NO_ESTIMATE = EstimateOptions()


def symbols_of(given: Sequence[str]) -> list[str]:
    """Symbols typed as `AAPL,MSFT` or `AAPL MSFT`, in capitals."""
    return [symbol.upper() for text in given for symbol in text.split(",") if symbol]


def _name(prefix: str, choice: str | None) -> str:
    return f"{prefix}_{(choice or 'unspecified').upper().replace('-', '_')}"
