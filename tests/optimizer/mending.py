"""A problem with one constraint set to what its conflict asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.optimizer.domain.constraints import Bounds, CvarLimit
from services.optimizer.domain.errors import Conflict
from services.optimizer.domain.problem import Problem


def mended(stated: Problem, conflict: Conflict) -> Problem:
    part, _, path = conflict.subject.partition(".")
    name, _, end = path.rpartition(".")
    change = {end: conflict.needed}
    if part == "goal":
        return replace(stated, goal=replace(stated.goal, **change))
    said = stated.constraints
    if not name:
        limit = getattr(said, end)
        changed = replace(limit, max=conflict.needed) if isinstance(limit, CvarLimit) else conflict.needed
        return replace(stated, constraints=replace(said, **{end: changed}))
    field, _, key = name.partition("[")
    changed = _changed(getattr(said, field), key.removesuffix("]"), change)
    return replace(stated, constraints=replace(said, **{field: changed}))


def _changed(limits: Any, key: str, change: dict[str, float]) -> Any:
    """The limits with the one that the key names changed."""
    if isinstance(limits, Bounds | CvarLimit):
        return replace(limits, **change)
    if isinstance(limits, Mapping):
        return {**limits, key: replace(limits[key], **change)}
    return tuple(
        replace(each, **change) if getattr(each, "name", str(index)) == key else each
        for index, each in enumerate(limits)
    )
