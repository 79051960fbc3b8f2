"""The answer to a problem."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from services.optimizer.domain.covariance import variance
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.interval import Interval
from services.optimizer.domain.intervals import intervals
from services.optimizer.domain.kept import kept
from services.optimizer.domain.moments import Estimation, Quality
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.run_record import RunRecord
from services.optimizer.domain.sampling import Draws
from services.optimizer.domain.trades import Trades, trades
from services.optimizer.domain.vectors import Index, Vector


@dataclass(frozen=True, slots=True)
class KktResiduals:
    """Each the greatest over assets or limits; see the contract for the units."""

    primal: float
    dual: float
    complementarity: float


@dataclass(frozen=True, slots=True)
class Selection:
    """How assets were chosen."""

    assets: int
    """That are held."""
    nodes: int
    """Parts of all choices that were looked at."""
    found_by: str
    draws: Draws | None = None
    """None if nothing was drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class InLots:
    """Whole lots near some weights."""

    shares: Index
    """(N,)."""
    weights: Vector
    """(N,)."""
    cash: float
    """In the currency of the prices."""
    objective: float
    """In the unit of the goal."""
    gap: float
    """From the bound of the weights that are no whole lots."""
    tracking_error: float
    """√((Un − w)ᵀ Σ (Un − w)), per year."""


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What an engine says of its solve; objective and bound in the unit of the goal."""

    weights: Vector
    objective: float
    bound: float
    gap: float
    iterations: int
    engine: str
    clock_stopped: bool
    fallbacks: tuple[str, ...] = ()
    """Engines that were tried before and why they did not answer, and what this one had to change to answer."""
    kkt: KktResiduals | None = None
    phases_ms: Mapping[str, float] = field(default_factory=dict)
    selection: Selection | None = None
    """None where as many assets may be held as it takes."""


@dataclass(frozen=True, slots=True)
class Measures:
    """A portfolio as its moments see it, per year."""

    expected_return: float
    volatility: float
    sharpe_ratio: float
    """(μᵀw − r) / √(wᵀΣw); 0 for a portfolio without risk."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The optimum with everything that the contract tells of it."""

    symbols: tuple[str, ...]
    solved: Solved
    elapsed_ms: float
    measures: Measures
    interval: Interval | None
    interval_absent_because: str
    turnover: float
    cash: float
    goal: Goal
    estimation: Estimation | None
    observations: int
    start: date | None
    end: date | None
    input_hash: str
    trades: Trades | None = None
    """None in a record from before they were kept."""
    tracking_error: float | None = None
    """None without a benchmark."""
    cvar: float | None = None
    """Per session; None without scenarios."""
    return_interval: Interval | None = None
    interval_method: str = ""
    quality: Quality | None = None
    """What the moments rest on; None if the caller sent them."""
    dropped: tuple[str, ...] = ()
    """Assets that no limit lets be held."""
    run: RunRecord | None = None
    """None in a record from before they were kept."""
    in_lots: InLots | None = None
    """None where nothing says what a lot is, or none were found within the limits."""


@dataclass(frozen=True, slots=True, eq=False)
class FrontierPoint:
    """One portfolio of the frontier."""

    weights: Vector
    measures: Measures
    gap: float
    risk: float = 0.0
    """What was minimized, in its own unit."""
    selection: Selection | None = None
    """None where as many assets may be held as it takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """The frontier, least return first, and the assets by themselves."""

    symbols: tuple[str, ...]
    points: tuple[FrontierPoint, ...]
    asset_expected_returns: Vector
    asset_volatilities: Vector


def measures(problem: Problem, weights: Vector) -> Measures:
    """μᵀw, √(wᵀΣw) and their ratio over the risk-free rate."""
    expected = float(problem.moments.expected_returns @ weights)
    volatility = math.sqrt(variance(problem.moments.covariance, weights))
    ratio = (expected - problem.goal.risk_free_rate) / volatility if volatility > 0 else 0.0
    return Measures(expected, volatility, ratio)


def optimum(
    problem: Problem, solved: Solved, elapsed_ms: float, input_hash: str, *, cvar: float | None = None
) -> Optimum:
    """Say everything about the weights that an engine found; `cvar` is theirs, if there are scenarios."""
    measured = measures(problem, solved.weights)
    within = intervals(
        problem,
        solved.weights,
        sharpe=measured.sharpe_ratio,
        mean=measured.expected_return,
        volatility=measured.volatility,
    )
    moved = float(np.abs(solved.weights - problem.current_weights()).sum()) + problem.leaving
    return Optimum(
        symbols=problem.symbols,
        solved=solved,
        elapsed_ms=elapsed_ms,
        measures=measured,
        interval=within.sharpe,
        interval_absent_because=within.absent_because,
        turnover=0.5 * moved,
        cash=1.0 - float(solved.weights.sum()),
        goal=problem.goal,
        estimation=problem.moments.estimation,
        observations=problem.moments.observations,
        start=problem.moments.start,
        end=problem.moments.end,
        input_hash=input_hash,
        trades=trades(problem, solved.weights),
        tracking_error=_tracking_error(problem, solved.weights),
        cvar=cvar,
        return_interval=within.mean,
        interval_method=within.method,
        quality=problem.moments.quality,
        dropped=_dropped(problem.symbols, *problem.weight_bounds()),
    )


@kept
def _dropped(symbols: tuple[str, ...], lower: Vector, upper: Vector) -> tuple[str, ...]:
    """The assets whose bounds are 0 and 0."""
    return tuple(symbols[index] for index in np.flatnonzero((lower == 0) & (upper == 0)))


def _tracking_error(problem: Problem, weights: Vector) -> float | None:
    if not problem.constraints.benchmark:
        return None
    return math.sqrt(variance(problem.moments.covariance, weights - problem.benchmark()))
