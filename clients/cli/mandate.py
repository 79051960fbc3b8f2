"""The options that say what to optimize for, within what, and from which estimate."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from cyclopts import Group, Parameter
from qpo.types.v1.mandate_pb2 import Constraints, Goal, GroupLimit, WeightBounds
from qpo.types.v1.moments_pb2 import EstimationSpec

from clients.cli.dates import session
from clients.cli.problem import USAGE, Problem

_GOAL = Group("Goal", sort_key=10)
_LIMITS = Group("Constraints", sort_key=11, help="Weights are fractions of the portfolio's value: 0.2 is 20 %.")
_ESTIMATE = Group("Estimation", sort_key=12)


def untouched(options: Any) -> bool:
    """True if not one of a group's options was given, so that its message can stay absent."""
    return all(getattr(options, field.name) == field.default for field in fields(options))


@Parameter(name="*", group=_GOAL)
@dataclass(frozen=True, kw_only=True)
class GoalOptions:
    """What to optimize for."""

    objective: Literal["sharpe", "return", "risk", "utility"] | None = None
    """Best Sharpe ratio (the default), greatest return, least risk, or best utility μᵀw − ½γwᵀΣw."""
    risk_free_rate: float = 0.0
    """Risk-free rate per year; 0.02 is 2 %."""
    risk_aversion: float = 0.0
    """γ of utility; 0 means 1."""
    min_return: float | None = None
    """With risk: least expected return per year."""
    max_volatility: float | None = None
    """With return: greatest volatility per year."""

    def message(self) -> Goal | None:
        """The contract's Goal, or None if no option was given."""
        if untouched(self):
            return None
        return Goal(
            objective=f"OBJECTIVE_{(self.objective or 'sharpe').upper()}",
            risk_free_rate=self.risk_free_rate,
            risk_aversion=self.risk_aversion,
            min_return=self.min_return,
            max_volatility=self.max_volatility,
        )


@Parameter(name="*", group=_LIMITS, negative=())
@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """What the weights must satisfy."""

    min_weight: float | None = None
    """Least weight of every asset; without it 0, long only."""
    max_weight: float | None = None
    """Greatest weight of every asset; without it 1."""
    bound: tuple[str, ...] = ()
    """Bounds of one asset, as SYMBOL=MIN:MAX, e.g. AAPL=0:0.1; may be repeated."""
    group: tuple[str, ...] = ()
    """Limits of a group, as NAME=SYMBOL,SYMBOL:MIN:MAX, e.g. oil=CVX,XOM::0.2; may be repeated."""
    max_turnover: float | None = None
    """Greatest turnover ½ Σ|w − w₀| from the present weights."""
    min_budget: float | None = None
    """Least sum of weights; without it 1, fully invested."""
    max_budget: float | None = None
    """Greatest sum of weights; without it 1."""

    def message(self) -> Constraints | None:
        """The contract's Constraints, or None if no option was given. Raises Problem on a bound it can't read."""
        if untouched(self):
            return None
        limits = Constraints(
            max_turnover=self.max_turnover,
            min_budget=self.min_budget,
            max_budget=self.max_budget,
            groups=[_group(text) for text in self.group],
            bounds=dict(_bound(text) for text in self.bound),
        )
        if self.min_weight is not None or self.max_weight is not None:
            low = 0.0 if self.min_weight is None else self.min_weight
            high = 1.0 if self.max_weight is None else self.max_weight
            limits.default_bounds.CopyFrom(WeightBounds(min=low, max=high))
        return limits


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
NO_LIMITS = LimitOptions()
NO_ESTIMATE = EstimateOptions()


def symbols_of(given: Sequence[str]) -> list[str]:
    """Symbols typed as `AAPL,MSFT` or `AAPL MSFT`, in capitals."""
    return [symbol.upper() for text in given for symbol in text.split(",") if symbol]


def _name(prefix: str, choice: str | None) -> str:
    return f"{prefix}_{(choice or 'unspecified').upper().replace('-', '_')}"


def _bound(text: str) -> tuple[str, WeightBounds]:
    symbol, _, limits = text.partition("=")
    low, high = _limits(limits, "--bound", text, "SYMBOL=MIN:MAX, e.g. AAPL=0:0.1")
    return symbol.upper(), WeightBounds(min=0.0 if low is None else low, max=1.0 if high is None else high)


def _group(text: str) -> GroupLimit:
    form = "NAME=SYMBOL,SYMBOL:MIN:MAX, e.g. oil=CVX,XOM::0.2"
    name, _, rest = text.partition("=")
    members, _, limits = rest.partition(":")
    low, high = _limits(limits, "--group", text, form)
    return GroupLimit(name=name, symbols=symbols_of([members]), min=low, max=high)


def _limits(text: str, option: str, whole: str, form: str) -> tuple[float | None, float | None]:
    low, colon, high = text.partition(":")
    try:
        ends = (float(low) if low else None), (float(high) if high else None)
    except ValueError:
        colon = ""
    if not colon:
        raise Problem(f"cannot read {whole!r}", [(option, f"write it as {form}")], exit_code=USAGE)
    return ends
