"""What the stateless calls share: moments that may come along, and a second try after a lost worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.optimizer.app.errors import WorkerLost
from services.optimizer.app.ports import MomentsSource, Universe
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments

T = TypeVar("T")

DIED_TWICE = "its process died twice on this problem"

SecondsLeft = Callable[[], float | None]


async def moments_of(source: Moments | Universe, estimator: MomentsSource, *, with_scenarios: bool) -> Moments:
    """The moments that were sent along, or those of the universe, with its returns if they are wanted."""
    if isinstance(source, Moments):
        return source
    return await estimator.estimate(source, with_scenarios=with_scenarios)


def needs_scenarios(goal: Goal, constraints: Constraints) -> bool:
    """Whether a CVaR is asked for."""
    return goal.objective is Objective.CVAR or constraints.max_cvar is not None


async def retried(solve: Callable[[], Awaitable[T]]) -> T:
    """Solve again if the worker is lost; twice lost is the problem's fault. Raises SolverFailed."""
    try:
        return await solve()
    except WorkerLost:
        try:
            return await solve()
        except WorkerLost as error:
            raise SolverFailed(error.engine, DIED_TWICE) from error
