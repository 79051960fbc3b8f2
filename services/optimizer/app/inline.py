"""What the calls share that solve at once: moments that may come along."""

from __future__ import annotations

from services.optimizer.app.ports import MomentsSource, Universe
from services.optimizer.domain.moments import Moments


async def moments_of(source: Moments | Universe, estimator: MomentsSource) -> Moments:
    """The moments that were sent along, or those of the universe."""
    return source if isinstance(source, Moments) else await estimator.estimate(source)
