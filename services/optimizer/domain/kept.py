"""What follows from things that never change, kept while the very same things come again.

Whoever optimizes a resident universe over and over sends the same constraints with other numbers beside them. Things
are told apart by who they are, which takes a microsecond, and not by what they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

SETS = 8
"""Of arguments whose results a function keeps, with the arguments themselves."""
LARGEST = 100_000
"""Numbers in an array, or in all of a function's, up to which they are kept."""


class _Very:
    """Equal to what holds the very same thing; the thing lives as long as this, so that its id is nobody else's."""

    __slots__ = ("thing",)

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Very) and self.thing is other.thing


def kept(function: Function) -> Function:
    """The same function of things that never change, nor may its results; threads may share it."""

    @lru_cache(maxsize=SETS)
    def of_these(*those: _Very) -> Any:
        return function(*[each.thing for each in those])

    @wraps(function)
    def ask(*things: Any) -> Any:
        return of_these(*map(_Very, things))

    return cast("Function", ask)
