"""What the calls share that solve at once: moments that may come along, and whether scenarios are wanted with them."""

from __future__ import annotations

from services.optimizer.app.ports import MomentsSource, Universe
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments


async def moments_of(source: Moments | Universe, estimator: MomentsSource, *, with_scenarios: bool) -> Moments:
    """The moments that were sent along, or those of the universe, with its returns if they are wanted."""
    if isinstance(source, Moments):
        return source
    return await estimator.estimate(source, with_scenarios=with_scenarios)


def needs_scenarios(goal: Goal, constraints: Constraints, draws: int = 0) -> bool:
    """Whether a CVaR is asked for, or draws from the returns."""
    return draws > 0 or goal.objective is Objective.CVAR or constraints.max_cvar is not None
