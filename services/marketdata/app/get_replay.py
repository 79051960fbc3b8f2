"""GetReplay: how far a replay is."""

from __future__ import annotations

from dataclasses import dataclass

from services.marketdata.app.ports import Replays
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.errors import ReplayNotFound
from services.marketdata.domain.replay import Replay


@dataclass(frozen=True, slots=True)
class GetReplay:
    """Gets replays as their rows tell, so that every replica tells the same."""

    replays: Replays

    async def __call__(self, caller: Caller, replay_id: str) -> Replay:
        """Return the replay. Raises ReplayNotFound, also if the caller may not see its dataset."""
        replay = await self.replays.find(caller, replay_id)
        if replay is None:
            raise ReplayNotFound(replay_id)
        return replay
