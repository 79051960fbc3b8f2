"""A second try after a lost worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.optimizer.app.errors import WorkerLost
from services.optimizer.domain.errors import SolverFailed

T = TypeVar("T")

DIED_TWICE = "its process died twice on this problem"


async def retried(solve: Callable[[], Awaitable[T]]) -> T:
    """Solve again if the worker is lost; twice lost is the problem's fault. Raises SolverFailed."""
    try:
        return await solve()
    except WorkerLost:
        try:
            return await solve()
        except WorkerLost as error:
            raise SolverFailed(error.engine, DIED_TWICE) from error
