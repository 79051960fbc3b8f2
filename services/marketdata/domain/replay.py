"""Replays: stored history that is played as ticks at a chosen speed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

DEFAULT_SPEED = 10.0


class ReplayState(Enum):
    """What a replay is doing."""

    RUNNING = 1
    FINISHED = 2
    STOPPED = 3


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay of a dataset's closes; speed in sessions per second."""

    id: str
    dataset_id: str
    user_id: str
    state: ReplayState
    speed: float
    position: date | None
    sessions_played: int
    sessions_total: int


@dataclass(frozen=True, slots=True)
class Pace:
    """When each session is due: session k at `started` + k / `speed`, however late the ones before were."""

    started: float  # s, of a monotonic clock
    speed: float  # sessions per second

    def at(self, session: int) -> float:
        """When session number `session`, counted from 0, is due; s."""
        return self.started + session / self.speed

    def due(self, now: float) -> int:
        """How many sessions are due by `now`."""
        count = max(0, int((now - self.started) * self.speed))
        while self.at(count) <= now:
            count += 1
        while count > 0 and self.at(count - 1) > now:
            count -= 1
        return count
