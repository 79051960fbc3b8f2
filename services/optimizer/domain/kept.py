"""What follows from things that never change, kept while the very same things come again.

Whoever optimizes a resident universe over and over sends the same constraints with other numbers beside them. Things
are told apart by who they are, which takes a microsecond, and not by what they hold.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

SETS = 8
"""Of arguments whose results a function keeps, with the arguments themselves."""
LARGEST = 100_000
"""Numbers in an array, or in all of a function's, up to which they are kept."""


def kept(function: Function) -> Function:
    """The same function of things that never change, nor may its results; threads may share it."""
    seen: OrderedDict[tuple[int, ...], tuple[tuple[Any, ...], Any]] = OrderedDict()
    lock = Lock()

    @wraps(function)
    def ask(*things: Any) -> Any:
        # What is kept lives, so that nothing else has its id.
        which = tuple(map(id, things))
        try:
            seen.move_to_end(which)
            return seen[which][1]
        except KeyError:
            pass
        result = function(*things)
        with lock:
            seen[which] = things, result
            if len(seen) > SETS:
                seen.popitem(last=False)
        return result

    return cast("Function", ask)
