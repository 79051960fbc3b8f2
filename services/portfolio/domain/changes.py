"""Changes to a portfolio: the whole of what may change, or the parts that a mask names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass, replace
from datetime import datetime
from typing import Any

from services.portfolio.domain.costs import Costs
from services.portfolio.domain.mandate import CvarLimit, WeightBounds
from services.portfolio.domain.portfolio import Draft, Portfolio

# What is meant where an optional message whose parts a mask may name is absent; a limit that is not there is the widest
# that the contract admits.
ABSENT: Mapping[str, Any] = {
    "costs": Costs(),
    "default_bounds": WeightBounds(),
    "active_bounds": WeightBounds(-10.0, 10.0),
    "max_cvar": CvarLimit(10.0),
}


def merged(stored: Portfolio, changes: Draft, paths: Iterable[str]) -> Draft:
    """What may be changed of `stored`, with the parts at `paths`, which the contract admits, taken from `changes`."""
    draft = Draft(stored.name, stored.strategy, stored.constraints)
    for path in _outermost(frozenset(paths)):
        draft = _with(draft, changes, path.split("."))
    return draft


def _outermost(paths: frozenset[str]) -> list[str]:
    """The paths that no other covers: below `strategy`, `strategy.goal` says nothing more."""
    return [path for path in sorted(paths) if not any(path.startswith(f"{other}.") for other in paths)]


def _with(old: Any, new: Any, path: list[str]) -> Any:
    """`old` with the attribute at `path` taken from `new`; what is absent on the way stands for its defaults."""
    if not path:
        return new
    head, *rest = path
    mine, yours = getattr(old, head), getattr(new, head)
    if rest:
        mine, yours = (_present(mine, head), _present(yours, head))
    return replace(old, **{head: _with(mine, yours, rest)})


def _present(value: Any, name: str) -> Any:
    return value if is_dataclass(value) else ABSENT[name]


def changed(stored: Portfolio, draft: Draft, now: datetime) -> Portfolio:
    """The next version of `stored`; `stored` itself if the draft changes nothing."""
    if draft == Draft(stored.name, stored.strategy, stored.constraints):
        return stored
    return replace(
        stored,
        name=draft.name,
        strategy=draft.strategy,
        constraints=draft.constraints,
        updated_at=now,
        version=stored.version + 1,
    )
