"""How a mandate looks in a terminal: constraints and costs, each in one line."""

from collections.abc import Mapping

from qpo.types.v1.costs_pb2 import Costs
from qpo.types.v1.mandate_pb2 import Cardinality, ClassLimits, Constraints

_NAMED = 3  # so many assets are named, more are counted
_CONFIDENCE = 0.95  # what 0 means


def limits(of: Constraints) -> str:
    """What the weights must satisfy; what is not said is the default: long only, fully invested."""
    bounds = of.default_bounds
    said = [f"each {span(bounds.min, bounds.max)}"] if of.HasField("default_bounds") else ["long only"]
    said += [f"{symbol} {span(it.min, it.max)}" for symbol, it in sorted(of.bounds.items())]
    said += [f"{group.name} ({', '.join(group.symbols)}) {span(*_ends(group))}" for group in of.groups]
    said += [limit for classes in of.classes for limit in _classes(classes)]
    if of.HasField("cardinality"):
        said.append(_held(of.cardinality))
    if of.HasField("min_budget") or of.HasField("max_budget"):
        low, high = (getattr(of, end) if of.HasField(end) else 1.0 for end in ("min_budget", "max_budget"))
        said.append(f"in all {span(low, high)}")
    if of.HasField("max_gross"):
        said.append(f"gross {span(None, of.max_gross)}")
    if of.HasField("max_turnover"):
        said.append(f"turnover {span(None, of.max_turnover)}")
    said += [f"{row.name} {_between(*_ends(row))}" for row in of.rows]
    said += [f"factor {it.factor} {_between(*_ends(it))}" for it in of.factors]
    if of.HasField("max_cvar"):
        said.append(f"CVaR {(of.max_cvar.confidence or _CONFIDENCE) * 100:g} % {span(None, of.max_cvar.max)}")
    return "; ".join([*said, *_relative(of)])


def _held(of: Cardinality) -> str:
    """How many assets are held."""
    said = f"{'exactly' if of.exactly else 'at most'} {of.max_assets} assets"
    if of.min_weight:
        said += f" of {span(of.min_weight, None)}"
    said += f" with {', '.join(of.required)}" if of.required else ""
    return "; ".join([said, *(f"at most {each.max_assets} of {each.name}" for each in of.groups)])


def _classes(of: ClassLimits) -> list[str]:
    """What is said of the classes of an attribute."""
    ends = {name: _ends(it) for name, it in sorted(of.limits.items())}
    said = [f"{of.attribute} {name} {span(*it) if it != (None, None) else 'free'}" for name, it in ends.items()]
    if of.HasField("max_each"):
        said.append(f"each {'other ' if said else ''}{of.attribute} {span(None, of.max_each)}")
    return said


def _relative(of: Constraints) -> list[str]:
    """What is said of a benchmark."""
    said = [f"benchmark {_by_symbol(of.benchmark, 100, '%')}"] if of.benchmark else []
    if of.HasField("active_bounds"):
        said.append(f"active {span(of.active_bounds.min, of.active_bounds.max)}")
    if of.HasField("max_tracking_error"):
        said.append(f"tracking error {span(None, of.max_tracking_error)}")
    return said


def costs(of: Costs) -> str:
    """What trading and borrowing cost; – if nothing."""
    nobody: Mapping[str, float] = {}
    rates = (
        ("commission", of.commission, nobody),
        ("half-spread", of.half_spread, of.half_spreads),
        ("borrowing", of.borrow, of.borrow_rates),
    )
    said = [f"{name} {_rate(plain, named)}" for name, plain, named in rates if plain or named]
    if of.impact:
        said.append(f"impact {of.impact:g} at a value of {of.portfolio_value:,.0f}")
    if of.horizon_years:
        said.append(f"over {of.horizon_years:g} years")
    return "; ".join(said) or "–"


def _rate(plain: float, named: Mapping[str, float]) -> str:
    return f"{plain * 10_000:g} bp" + (f" (but {_by_symbol(named, 10_000, 'bp')})" if named else "")


def _by_symbol(numbers: Mapping[str, float], scale: float, unit: str) -> str:
    if len(numbers) > _NAMED:
        return f"of {len(numbers)} assets"
    return ", ".join(f"{symbol} {number * scale:g} {unit}" for symbol, number in sorted(numbers.items()))


def span(low: float | None, high: float | None) -> str:
    """0.1 and 0.4 → 10 … 40 %; an end that is open is left out."""
    return f"{_between(*(None if end is None else end * 100 for end in (low, high)))} %"


def _between(low: float | None, high: float | None) -> str:
    ends = [f"{end:g}" if end is not None else "" for end in (low, high)]
    return " … ".join(ends).strip()


def _ends(limit: object) -> tuple[float | None, float | None]:
    low, high = (getattr(limit, end) if limit.HasField(end) else None for end in ("min", "max"))  # type: ignore[attr-defined]
    return low, high
