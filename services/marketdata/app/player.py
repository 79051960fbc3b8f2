"""Plays replays: one task each, in step with a clock that does not drift."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.marketdata.app.ports import Bars, Member, Replays, TickBus, Timer
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.prices import IntArray
from services.marketdata.domain.replay import Pace, Replay, ReplayState
from services.marketdata.domain.ticks import Quote

# s between two looks at the replay's row: what every replica tells of it is that old at most, and a stop that another
# replica was asked for takes effect that late.
HEARTBEAT = 0.25
WINDOW = 250  # sessions read from the store at once
BURST = 50  # sessions published at once, when many are due


@dataclass(frozen=True, slots=True)
class Score:
    """What a replay plays: the members' closes of these sessions, as they were known at a time."""

    dataset_id: str
    members: Sequence[Member]
    sessions: IntArray  # (T,) ordinals
    as_of: datetime


@dataclass(slots=True)
class Playing:
    """A replay being played by this process."""

    replay: Replay
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    played: int = 0
    position: date | None = None


@dataclass(slots=True)
class Player:
    """The replays of this process."""

    bars: Bars
    bus: TickBus
    replays: Replays
    timer: Timer
    playing: dict[str, Playing] = field(default_factory=dict)

    def play(self, replay: Replay, score: Score) -> None:
        """Begin to play, and return at once."""
        playing = Playing(replay)
        self.playing[replay.id] = playing
        playing.task = asyncio.create_task(self._play(playing, score), name=f"replay {replay.id}")

    async def stop(self, replay_id: str) -> None:
        """Stop a replay if this process plays it, and wait until it has."""
        playing = self.playing.get(replay_id)
        if playing is not None and playing.task is not None:
            playing.stop.set()
            await asyncio.wait([playing.task])

    async def stop_all(self) -> None:
        """Stop what this process plays: it is about to end."""
        await asyncio.gather(*(self.stop(replay_id) for replay_id in list(self.playing)))

    async def _play(self, playing: Playing, score: Score) -> None:
        state = ReplayState.STOPPED
        try:
            if await self._sessions(playing, score):
                state = ReplayState.FINISHED
        except FeedUnavailable:
            state = ReplayState.STOPPED  # nobody would hear the rest
        finally:
            del self.playing[playing.replay.id]
            await self.replays.end(playing.replay.id, state, playing.position, playing.played)

    async def _sessions(self, playing: Playing, score: Score) -> bool:
        """Publish each session when it is due; tell whether all were published."""
        started = self.timer.monotonic()
        pace, heartbeat = Pace(started, playing.replay.speed), started + HEARTBEAT
        prices = Prefetched(self.bars, score)
        while playing.played < len(score.sessions):
            if await self.timer.wait(playing.stop, min(pace.at(playing.played), heartbeat)):
                return False
            now = self.timer.monotonic()
            if now >= heartbeat:
                heartbeat = now + HEARTBEAT
                if not await self.replays.advance(playing.replay.id, playing.position, playing.played):
                    return False
            await self._publish_due(playing, score, prices, pace.due(now))
        return True

    async def _publish_due(self, playing: Playing, score: Score, prices: Prefetched, due: int) -> None:
        upto = min(due, len(score.sessions), playing.played + BURST)
        batches = [(day, await prices.quotes(day)) for day in map(_day, score.sessions[playing.played : upto])]
        if batches:
            await self.bus.publish(score.dataset_id, batches)
            playing.played, playing.position = upto, batches[-1][0]


@dataclass(slots=True)
class Prefetched:
    """A score's prices, read from the store a window of sessions at a time."""

    bars: Bars
    score: Score
    window: dict[int, list[Quote]] = field(default_factory=dict)

    async def quotes(self, session: date) -> list[Quote]:
        """Return the prices of a session."""
        ordinal = session.toordinal()
        if ordinal not in self.window:
            await self._read(ordinal)
        return self.window[ordinal]

    async def _read(self, first: int) -> None:
        begin = int(self.score.sessions.searchsorted(first))
        ordinals = [int(ordinal) for ordinal in self.score.sessions[begin : begin + WINDOW]]
        closes = await self.bars.between(self.score.members, first, ordinals[-1], self.score.as_of)
        self.window = {ordinal: [] for ordinal in ordinals}
        columns = (closes.symbol.tolist(), closes.session.tolist(), closes.price.tolist())
        for symbol, ordinal, price in zip(*columns, strict=True):
            self.window[ordinal].append(Quote(self.score.members[symbol].symbol, price))


def _day(ordinal: int) -> date:
    return date.fromordinal(int(ordinal))
