"""What the stateless calls share: moments that may come along, and a second try after a lost worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.optimizer.app.errors import WorkerLost
from services.optimizer.app.ports import MomentsSource, Universe
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.moments import Moments

T = TypeVar("T")

DIED_TWICE = "its process died twice on this problem"

SecondsLeft = Callable[[], float | None]


async def moments_of(source: Moments | Universe, estimator: MomentsSource) -> Moments:
    """The moments that were sent along, or those of the universe."""
    return source if isinstance(source, Moments) else await estimator.estimate(source)


async def retried(solve: Callable[[], Awaitable[T]]) -> T:
    """Solve again if the worker is lost; twice lost is the problem's fault. Raises SolverFailed."""
    try:
        return await solve()
    except WorkerLost:
        try:
            return await solve()
        except WorkerLost as error:
            raise SolverFailed(error.engine, DIED_TWICE) from error
