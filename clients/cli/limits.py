"""The options that say what weights must satisfy."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter
from qpo.types.v1.mandate_pb2 import (
    AssetCount,
    Cardinality,
    Constraints,
    CvarLimit,
    FactorLimit,
    GroupLimit,
    LinearLimit,
    WeightBounds,
)

from clients.cli.by_symbol import by_symbol, number, of_text
from clients.cli.class_limits import class_limits
from clients.cli.ends import ends, unread
from clients.cli.mandate import symbols_of, untouched
from clients.cli.problem import USAGE, Problem

_LIMITS = Group("Constraints", sort_key=11, help="Weights are fractions of the portfolio's value: 0.2 is 20 %.")
_ACTIVE = Group("Benchmark", sort_key=12, help="What the portfolio is measured against, and how far it may stray.")
_FARTHEST = 10.0  # what the contract admits: an end that is left open
_SIGNS = re.compile(r"(<=|>=|==)")

Active = Parameter(group=_ACTIVE)


@Parameter(name="*", group=_LIMITS, negative=())
@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """What the weights must satisfy."""

    min_weight: float | None = None
    """Least weight of every asset; without it 0, long only. With --max-assets: of every asset that is held."""
    max_weight: float | None = None
    """Greatest weight of every asset; without it 1."""
    max_assets: int | None = None
    """Most assets that are held; the answer says how far the choice may be from the best one."""
    exact_assets: bool = False
    """Hold exactly --max-assets of them."""
    max_assets_of: tuple[str, ...] = ()
    """With --max-assets: at most so many assets of a group, NAME=SYMBOL,SYMBOL:K, e.g. oil=CVX,XOM:1."""
    require: tuple[str, ...] = ()
    """A symbol that is held in any case, with --max-assets; may be repeated."""
    bound: tuple[str, ...] = ()
    """Bounds of one asset, as SYMBOL=MIN:MAX, e.g. AAPL=0:0.1; may be repeated."""
    group: tuple[str, ...] = ()
    """Limits of a group, as NAME=SYMBOL,SYMBOL:MIN:MAX, e.g. oil=CVX,XOM::0.2; may be repeated."""
    class_limit: tuple[str, ...] = ()
    """Limits of a class, as ATTRIBUTE:CLASS=MIN:MAX, in quotes, e.g. 'sector:real estate=:0.3'; 'sector:*=:0.2' caps
    each of the others. Sector, country and currency are as `qpo prices classify` said; may be repeated."""
    classes_file: Path | None = None
    """The classes of assets from a CSV file instead: a header line of symbol and attributes, then a line per asset."""
    row: tuple[str, ...] = ()
    """A limit of a weighted sum of weights, in quotes: 'tilt: AAPL=1,MSFT=-1 <= 0.2' (also >=, ==, or a number at
    either side, as in 'beta: 0.9 <= AAPL=1.2,JNJ=0.6 <= 1.1'); may be repeated."""
    exposure: tuple[str, ...] = ()
    """Limits of the exposure to a factor of the covariance, counted from 0, as K=MIN:MAX, e.g. 0=-0.1:0.1; needs a
    covariance in factors; may be repeated."""
    max_turnover: float | None = None
    """Greatest turnover ½ Σ|w − w₀| from the present weights."""
    max_gross: float | None = None
    """Greatest gross leverage Σ|w|; 1.6 admits 130 % long and 30 % short, if --min-weight is below 0."""
    min_budget: float | None = None
    """Least sum of weights; without it 1, fully invested."""
    max_budget: float | None = None
    """Greatest sum of weights; without it 1."""
    max_cvar: float | None = None
    """Greatest conditional value at risk: the mean loss of the worst sessions, per session, e.g. 0.03."""
    cvar_confidence: float = 0.0
    """Which sessions are the worst, for --max-cvar and for cvar as what is optimized: 0.95 (which 0 means) is the worst
    5 %."""
    benchmark: Annotated[tuple[str, ...], Active] = ()
    """The benchmark's weights b, as SYMBOL=WEIGHT,…, e.g. AAPL=0.6,MSFT=0.4; whatever is not named is 0."""
    benchmark_file: Annotated[Path | None, Active] = None
    """The benchmark's weights from a CSV file: a symbol and a weight per line."""
    active_min: Annotated[float | None, Active] = None
    """Least active weight w − b of every asset, e.g. -0.02."""
    active_max: Annotated[float | None, Active] = None
    """Greatest active weight w − b of every asset, e.g. 0.02."""
    max_tracking_error: Annotated[float | None, Active] = None
    """Greatest tracking error √((w − b)ᵀΣ(w − b)) per year, e.g. 0.03."""

    def message(self, measure: str | None = None) -> Constraints | None:
        """The contract's Constraints, or None if no option was given.

        `measure` is what is optimized beside them, which --cvar-confidence may be meant for. Raises Problem on a limit
        that it can't read, and on a confidence of nothing.
        """
        if self.cvar_confidence and self.max_cvar is None and measure != "cvar":
            fix = [("--cvar-confidence", "give it with --max-cvar, or where cvar is what is optimized")]
            raise Problem("there is no conditional value at risk to be confident of", fix, exit_code=USAGE)
        if untouched(replace(self, cvar_confidence=0.0)):
            return None
        return Constraints(
            min_budget=self.min_budget,
            max_budget=self.max_budget,
            default_bounds=_both(self.min_weight if self.max_assets is None else None, self.max_weight, (0.0, 1.0)),
            bounds=dict(_bound(text) for text in self.bound),
            groups=[_group(text) for text in self.group],
            max_turnover=self.max_turnover,
            max_gross=self.max_gross,
            benchmark=by_symbol(self.benchmark, self.benchmark_file, "--benchmark"),
            active_bounds=_both(self.active_min, self.active_max, (-_FARTHEST, _FARTHEST)),
            max_tracking_error=self.max_tracking_error,
            max_cvar=None if self.max_cvar is None else CvarLimit(max=self.max_cvar, confidence=self.cvar_confidence),
            rows=[_row(text) for text in self.row],
            factors=[_exposure(text) for text in self.exposure],
            classes=class_limits(self.class_limit, self.classes_file),
            cardinality=self._cardinality(),
        )

    def _cardinality(self) -> Cardinality | None:
        if self.max_assets is None:
            if self.exact_assets or self.require or self.max_assets_of:
                fix = [("--max-assets", "say how many assets may be held")]
                raise Problem("nothing says how many assets are held", fix, exit_code=USAGE)
            return None
        return Cardinality(
            max_assets=self.max_assets,
            exactly=self.exact_assets,
            min_weight=self.min_weight or 0.0,
            required=[symbol.upper() for symbol in self.require],
            groups=[_count(text) for text in self.max_assets_of],
        )


NO_LIMITS = LimitOptions()


def _both(low: float | None, high: float | None, otherwise: tuple[float, float]) -> WeightBounds | None:
    """Bounds of which one end may be left out; None if both are."""
    if low is None and high is None:
        return None
    return WeightBounds(min=otherwise[0] if low is None else low, max=otherwise[1] if high is None else high)


def _bound(text: str) -> tuple[str, WeightBounds]:
    symbol, _, limits = text.partition("=")
    low, high = ends(limits, "--bound", text, "SYMBOL=MIN:MAX, e.g. AAPL=0:0.1")
    return symbol.upper(), WeightBounds(min=0.0 if low is None else low, max=1.0 if high is None else high)


def _group(text: str) -> GroupLimit:
    form = "NAME=SYMBOL,SYMBOL:MIN:MAX, e.g. oil=CVX,XOM::0.2"
    name, _, rest = text.partition("=")
    members, _, limits = rest.partition(":")
    low, high = ends(limits, "--group", text, form)
    return GroupLimit(name=name, symbols=symbols_of([members]), min=low, max=high)


def _count(text: str) -> AssetCount:
    form = "NAME=SYMBOL,SYMBOL:K, e.g. oil=CVX,XOM:1"
    name, _, rest = text.partition("=")
    members, _, most = rest.partition(":")
    if not (name and members and most.isdecimal()):
        raise unread("--max-assets-of", text, form)
    return AssetCount(name=name, symbols=symbols_of([members]), max_assets=int(most))


def _exposure(text: str) -> FactorLimit:
    form = "K=MIN:MAX, e.g. 0=-0.1:0.1"
    factor, _, limits = text.partition("=")
    low, high = ends(limits, "--exposure", text, form)
    if not factor.isdecimal():
        raise unread("--exposure", text, form)
    return FactorLimit(factor=int(factor), min=low, max=high)


def _row(text: str) -> LinearLimit:
    form = "'NAME: SYMBOL=NUMBER,SYMBOL=NUMBER <= MAX', e.g. 'tilt: AAPL=1,MSFT=-1 <= 0.2'"
    name, _, said = text.partition(":")
    try:
        low, terms, high = _sum_between([part.strip() for part in _SIGNS.split(said)])
    except ValueError:
        raise unread("--row", text, form) from None
    if not name.strip():
        raise unread("--row", text, form)
    return LinearLimit(name=name.strip(), coefficients=of_text([terms], "--row", form), min=low, max=high)


def _sum_between(parts: list[str]) -> tuple[float | None, str, float | None]:
    """Floor, terms and cap of what stands between the signs. Raises ValueError if it is nothing of the kind."""
    match parts:
        case [low, "<=", terms, "<=", high]:
            return number(low), terms, number(high)
        case [low, "<=", terms] if "=" not in low:
            return number(low), terms, None
        case [terms, "<=", high]:
            return None, terms, number(high)
        case [terms, ">=", low]:
            return number(low), terms, None
        case [terms, "==", level]:
            return number(level), terms, number(level)
    raise ValueError(parts)
