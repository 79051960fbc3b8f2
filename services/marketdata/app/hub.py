"""One reader per dataset and process: it moves the board that all of the process's subscribers read.

A hub opens with its first subscriber and closes with its last. When the bus goes away it keeps its board, tries
again, and goes on where it stood; only if that takes longer than the grace are its subscribers told. Who asks for the
same symbols at the same rate looks through one view of the board, each frame of which is made once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.marketdata.app.ports import PositionLost, TickBus, TickFollower, Timer
from services.marketdata.domain.board import Board, Reader
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.ticks import Position
from services.marketdata.domain.view import View

RETRY = 0.5  # s between attempts to reach a bus that is gone


@dataclass(frozen=True, slots=True)
class Look:
    """What a subscriber asks to see: no symbols mean all; `rate` in frames per second at most, 0: all there are."""

    symbols: frozenset[str]
    rate: float
    fields: frozenset[str]  # of a tick, beside symbol and seq; none means all


@dataclass(slots=True)
class Window:
    """A view that a task moves, and how its subscribers are woken."""

    view: View
    rate: float
    silent_since: float
    users: int = 0
    silences: int = 0  # how often nothing was new for as long as a stream may be silent
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def advance(self, now: float, idle: float = math.inf) -> None:
        """Show what is new on the board; if nothing has been for `idle` s, tell that."""
        silent = now >= self.silent_since + idle
        if self.view.advance():
            self.wake()
        elif silent:
            self.silences += 1
            self.wake()
        else:
            return
        self.silent_since = now

    def wake(self) -> None:
        """Wake all who wait, and give those who wait next a new event."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


@dataclass(slots=True)
class Hub:
    """The board of one dataset, moved by a task."""

    dataset_id: str
    bus: TickBus
    timer: Timer
    board: Board
    idle: float  # s that a stream may be silent
    grace: float  # s that the bus may be gone before subscribers are told
    failed: bool = False
    users: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    windows: dict[Look, Window] = field(default_factory=dict)

    @asynccontextmanager
    async def looking(self, look: Look) -> AsyncIterator[Window]:
        """Lend the window that shows this; it has a frame."""
        window = self.windows.get(look)
        if window is None:
            now = self.timer.monotonic()
            window = self.windows[look] = Window(View(Reader(self.board, look.symbols)), look.rate, now)
            window.advance(now)
            window.task = asyncio.create_task(self._move(window), name=f"view of {self.dataset_id}")
        window.users += 1
        try:
            yield window
        finally:
            window.users -= 1
            if window.users == 0 and window.task is not None:
                del self.windows[look]
                window.task.cancel()
                await asyncio.wait([window.task])

    async def _move(self, window: Window) -> None:
        """Move a window with the board, no oftener than its rate; a board that fails wakes those who look."""
        never = asyncio.Event()
        while True:
            changed = self.changed  # taken before looking, so that no news is slept through
            window.advance(self.timer.monotonic(), self.idle)
            if self.failed:
                window.wake()
            if window.rate:
                await self.timer.wait(never, self.timer.monotonic() + 1.0 / window.rate)
            await self.timer.wait(changed, window.silent_since + self.idle)

    async def load(self) -> None:
        """Take over what the bus keeps. Raises FeedUnavailable."""
        state = await self.bus.load(self.dataset_id)
        if state.position != self.board.position:
            self.board.reset(state)
            self._wake()

    async def catch_up(self, position: Position) -> None:
        """Make sure that the board is not behind a position which another process gave out."""
        board = self.board.position
        if position.epoch != board.epoch or position.version > board.version:
            await self.load()

    async def run(self) -> None:
        """Follow the bus until the hub is closed; however it ends, nobody is left waiting."""
        try:
            await self._run()
        finally:
            self.failed = True
            self._wake()

    async def _run(self) -> None:
        gone_since: float | None = None
        while not self.closed.is_set():
            try:
                async with self.bus.follow(self.dataset_id) as follower:
                    await self.load()
                    self.failed, gone_since = False, None
                    await self._follow(follower)
            except FeedUnavailable:
                now = self.timer.monotonic()
                gone_since = now if gone_since is None else gone_since
                if now - gone_since >= self.grace:
                    self.failed = True
                    self._wake()
                await self.timer.wait(self.closed, now + RETRY)

    async def _follow(self, follower: TickFollower) -> None:
        while not self.closed.is_set():
            try:
                batches = await follower.behind(self.board.position)
            except PositionLost:
                await self.load()
                continue
            for batch in batches:
                if self.board.follows(batch):
                    self.board.publish(batch)
                elif batch.version > self.board.position.version:
                    await self.load()  # some were trimmed before they were read
            if batches:
                self._wake()

    def _wake(self) -> None:
        """Wake all who wait, and give those who wait next a new event."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


@dataclass(slots=True)
class Hubs:
    """The hubs of this process, by dataset."""

    bus: TickBus
    timer: Timer
    keep: int  # batches
    idle: float  # s
    grace: float  # s
    open: dict[str, Hub] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def joined(self, dataset_id: str) -> AsyncIterator[Hub]:
        """Lend the dataset's hub, loaded. Raises FeedUnavailable."""
        hub = await self._hub(dataset_id)
        hub.users += 1
        try:
            yield hub
        finally:
            hub.users -= 1
            if hub.users == 0:
                await self._close(hub)

    async def _hub(self, dataset_id: str) -> Hub:
        async with self.opening:  # two first subscribers share one hub
            hub = self.open.get(dataset_id)
            if hub is None:
                hub = Hub(dataset_id, self.bus, self.timer, Board(self.keep), self.idle, self.grace)
                await hub.load()
                hub.task = asyncio.create_task(hub.run(), name=f"ticks of {dataset_id}")
                self.open[dataset_id] = hub
        if hub.failed:
            raise FeedUnavailable
        return hub

    async def _close(self, hub: Hub) -> None:
        self.open.pop(hub.dataset_id, None)
        hub.closed.set()
        if hub.task is not None:
            hub.task.cancel()
            await asyncio.wait([hub.task])
