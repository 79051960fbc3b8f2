"""A problem with one of its limits moved, named by its path in the request."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from services.optimizer.domain.problem import Problem


def limit_of(stated: Problem, subject: str) -> float:
    """What the limit at a path is."""
    owner, end = _owner(stated, subject)
    return float(getattr(owner, end))


def with_limit(stated: Problem, subject: str, value: float) -> Problem:
    """The problem with the limit at a path set to a value."""
    owner, end = _owner(stated, subject)
    changed, said = replace(owner, **{end: value}), stated.constraints
    if subject.startswith("goal."):
        return replace(stated, goal=changed)
    field = subject.removeprefix("constraints.").partition(".")[0].partition("[")[0]
    whole: Any = changed
    if field in ("groups", "rows", "factors"):
        whole = tuple(changed if each is owner else each for each in getattr(said, field))
    elif field == "bounds":
        whole = {**said.bounds, _inside(subject): changed}
    elif owner is said:
        return replace(stated, constraints=changed)
    return replace(stated, constraints=replace(said, **{field: whole}))


def _owner(stated: Problem, subject: str) -> tuple[Any, str]:
    """What has the limit as an attribute, and the attribute."""
    path, end = subject.rsplit(".", 1)
    said = stated.constraints
    if path == "goal":
        return stated.goal, end
    if path == "constraints":
        return said, end
    field = path.removeprefix("constraints.").partition("[")[0]
    if field in ("groups", "rows"):
        return next(each for each in getattr(said, field) if each.name == _inside(subject)), end
    if field == "factors":
        return said.factors[int(_inside(subject))], end
    if field == "bounds":
        return said.bounds[_inside(subject)], end
    return getattr(said, field), end


def _inside(subject: str) -> str:
    return re.findall(r"\[(\w+)\]", subject)[0]
