"""StartReplay: stored closes begin to play as ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.marketdata.app.access import members, writable
from services.marketdata.app.player import Player, Score
from services.marketdata.app.ports import Bars, Clock, Datasets, Ids, Replays, RequestKey, TickBus
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.errors import NoSessions
from services.marketdata.domain.replay import DEFAULT_SPEED, Replay, ReplayState


@dataclass(frozen=True, slots=True)
class ReplayAsked:
    """What to play; no symbols mean all, None is open, speed 0 means 10 sessions per second."""

    dataset: str
    symbols: Sequence[str]
    start: date | None
    end: date | None
    speed: float
    request: RequestKey


@dataclass(frozen=True, slots=True)
class StartReplay:
    """Starts replays; a user runs `limit` at once at most."""

    datasets: Datasets
    bars: Bars
    replays: Replays
    bus: TickBus
    player: Player
    clock: Clock
    ids: Ids
    limit: int

    async def __call__(self, caller: Caller, asked: ReplayAsked) -> Replay:
        """Return the replay, which has begun; a repeated request gets the one that it made before.

        Raises DatasetNotFound, NotOwner, InstrumentNotFound, NoSessions, FeedUnavailable, TooMany.
        """
        dataset = await writable(self.datasets, caller, asked.dataset)
        named = await members(self.datasets, dataset, asked.symbols)
        as_of = self.clock.now()
        sessions = await self.bars.sessions(named, asked.start, asked.end, as_of)
        if len(sessions) == 0:
            raise NoSessions("the dataset has no session in the asked range")
        await self.bus.check()
        draft = Replay(
            id=self.ids.new(),
            dataset_id=dataset.id,
            user_id=caller.user_id,
            state=ReplayState.RUNNING,
            speed=asked.speed or DEFAULT_SPEED,
            position=None,
            sessions_played=0,
            sessions_total=len(sessions),
        )
        replay, is_new = await self.replays.start(caller, draft, asked.request, self.limit)
        if is_new:
            self.player.play(replay, Score(dataset.id, named, sessions, as_of))
        return replay
