"""StopReplay: ends a replay before its last session."""

from __future__ import annotations

from dataclasses import dataclass

from services.marketdata.app.get_replay import GetReplay
from services.marketdata.app.player import Player
from services.marketdata.app.ports import Replays
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.errors import NotOwner
from services.marketdata.domain.replay import Replay


@dataclass(frozen=True, slots=True)
class StopReplay:
    """Stops replays, whichever process plays them."""

    replays: Replays
    player: Player

    async def __call__(self, caller: Caller, replay_id: str) -> Replay:
        """Return the replay, ended. Raises ReplayNotFound, NotOwner."""
        get = GetReplay(self.replays)
        replay = await get(caller, replay_id)
        if replay.user_id != caller.user_id:
            raise NotOwner(replay.dataset_id)
        await self.player.stop(replay_id)
        await self.replays.stop(caller, replay_id)
        return await get(caller, replay_id)
