"""The ports of marketdata without technology: named stand-ins for the use cases' tests."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from services.marketdata.app.ports import Member, PositionLost, Stored
from services.marketdata.domain.dataset import Close
from services.marketdata.domain.errors import FeedUnavailable, TooMany
from services.marketdata.domain.replay import ReplayState
from services.marketdata.domain.returns import Closes
from services.marketdata.domain.ticks import Batch, FeedState, Newest, Position, Tick
from tests.marketdata.builders import NOW


class FixedClock:
    """Always the same moment."""

    def now(self):
        return NOW


class CountingIds:
    """UUIDs in order."""

    def __init__(self):
        self.count = 0

    def new(self):
        self.count += 1
        return f"01987f6c-0000-7000-8000-{self.count:012x}"


class VirtualTimer:
    """Time that passes only when a test says so, and then stops at every moment that somebody waits for."""

    def __init__(self):
        self.time = 1000.0
        self.waiting = []

    def monotonic(self):
        return self.time

    async def wait(self, event, until):
        if until > self.time and not event.is_set():
            moment = asyncio.Event()
            self.waiting.append((until, moment))
            tasks = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(moment.wait())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                self.waiting.remove((until, moment))
        else:
            await asyncio.sleep(0)
        return event.is_set()

    async def pass_(self, seconds):
        """Let time pass."""
        end = self.time + seconds
        await settled()
        while due := sorted(until for until, _ in self.waiting if until <= end):
            self.time = max(self.time, due[0])
            for until, moment in self.waiting:
                if until <= self.time:
                    moment.set()
            await settled()
        self.time = end
        await settled()


async def settled():
    """Give every task that can go on its turns."""
    for _ in range(50):
        await asyncio.sleep(0)


class MemoryDatasets:
    """Datasets by name and id, each with some symbols."""

    def __init__(self, *datasets, symbols=("A", "B")):
        self.rows = list(datasets)
        self.symbols = list(symbols)

    async def find(self, caller, dataset):
        named = [
            row for row in self.rows if row.id == dataset or (row.name, row.tenant_id) == (dataset, caller.tenant_id)
        ]
        return next((row for row in named if row.visible_to(caller)), None)

    async def page(self, caller, after, limit):
        seen = sorted((row for row in self.rows if row.visible_to(caller)), key=lambda row: (row.name, row.id))
        return [row for row in seen if (row.name, row.id) > tuple(after)][:limit]

    async def members(self, dataset, symbols):
        asked = symbols or self.symbols
        return [Member(f"id of {symbol}", symbol, date(2024, 1, 2)) for symbol in asked if symbol in self.symbols]


class MemoryPrices:
    """Remembers what it was given to store."""

    def __init__(self):
        self.deliveries = []

    async def store(self, delivery, *, keep):
        if keep:
            self.deliveries.append(delivery)
        return Stored(len(delivery.prices), 0, 0, len(delivery.prices.symbols))


class MemoryBars:
    """T × N closes of consecutive sessions from `first` on, NaN being no bar."""

    def __init__(self, table, first=date(2024, 1, 2)):
        self.table, self.first = np.asarray(table, dtype=float), first.toordinal()
        self.asked = []

    async def adjusted(self, members, end, sessions, as_of):
        self.asked.append((end, sessions, as_of))
        return self._closes(0, len(self.table) - 1, len(members))

    async def closes(self, members, session, as_of):
        return [
            Close(member.symbol, float(self.table[-1, n]), date.fromordinal(self.first))
            for n, member in enumerate(members)
        ]

    async def starts(self, members, as_of):
        return [None for _ in members]

    async def sessions(self, members, start, end, as_of):
        return np.arange(self.first, self.first + len(self.table), dtype=np.int32)

    async def between(self, members, first, last, as_of):
        self.asked.append((first, last))
        return self._closes(first - self.first, last - self.first, len(members))

    def _closes(self, low, high, columns):
        rows, cols = np.nonzero(~np.isnan(self.table[low : high + 1, :columns]))
        rows = rows + low
        return Closes(cols.astype(np.int32), (rows + self.first).astype(np.int32), self.table[rows, cols])


class MemoryReplays:
    """The rows of replays; `ended` remembers how each ended."""

    def __init__(self):
        self.rows, self.requests = {}, {}
        self.tidied = 0

    async def forget(self):
        self.tidied += 1

    async def start(self, caller, replay, request, limit):
        if request.request_id in self.requests:
            return self.rows[self.requests[request.request_id]], False
        running = [
            row for row in self.rows.values() if row.user_id == caller.user_id and row.state is ReplayState.RUNNING
        ]
        if len(running) >= limit:
            raise TooMany("replays", limit)
        self.rows[replay.id] = replay
        if request.request_id:
            self.requests[request.request_id] = replay.id
        return replay, True

    async def find(self, caller, replay_id):
        return self.rows.get(replay_id)

    async def advance(self, replay_id, position, played):
        row = self.rows[replay_id]
        self.rows[replay_id] = replace(row, position=position, sessions_played=played)
        return row.state is ReplayState.RUNNING

    async def end(self, replay_id, state, position, played):
        row = self.rows[replay_id]
        state = state if row.state is ReplayState.RUNNING else row.state
        self.rows[replay_id] = replace(row, state=state, position=position, sessions_played=played)

    async def stop(self, caller, replay_id):
        row = self.rows[replay_id]
        if row.state is ReplayState.RUNNING:
            self.rows[replay_id] = replace(row, state=ReplayState.STOPPED)


class MemoryBus:
    """A bus in this process; `gone` makes it unreachable, `forget` loses its state, `followers` counts readers."""

    def __init__(self, clock=None, keep=100):
        self.clock, self.keep = clock or FixedClock(), keep
        self.gone, self.followers = False, 0
        self.epochs = 0
        self.feeds, self.shown = {}, {}
        self.changed = asyncio.Event()

    def forget(self):
        self.feeds.clear()
        self._wake()

    def _wake(self):
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def fail(self):
        self.gone = True
        self._wake()

    def _feed(self, dataset_id):
        if self.gone:
            raise FeedUnavailable
        if dataset_id not in self.feeds:
            self.epochs += 1
            self.feeds[dataset_id] = [f"epoch-{self.epochs}", 0, {}, []]
        return self.feeds[dataset_id]

    async def check(self):
        if self.gone:
            raise FeedUnavailable

    async def show(self, dataset_id, ticks):
        feed = self._feed(dataset_id)
        shown = self.shown.setdefault(feed[0], {})
        for tick in ticks:
            last = shown.get(tick.symbol, 0)
            if tick.seq > last:
                shown[tick.symbol] = tick.seq
                before = feed[2][tick.symbol].tick.seq if tick.symbol in feed[2] else 0
                feed[1] += 1
                moment = datetime.fromtimestamp(tick.occurred_at / 1e9, UTC)
                seq, unshown = before + tick.seq - last, tick.seq - last - 1
                numbered = Tick(tick.symbol, tick.price, date.fromordinal(tick.session), moment, seq, unshown)
                feed[2][tick.symbol] = Newest(feed[1], numbered)
                feed[3] = [*feed[3], Batch(feed[0], feed[1], (numbered,))][-self.keep :]
        self._wake()

    async def publish(self, dataset_id, sessions):
        feed = self._feed(dataset_id)
        for session, quotes in sessions:
            feed[1] += 1
            ticks = []
            for quote in quotes:
                seq = feed[2][quote.symbol].tick.seq + 1 if quote.symbol in feed[2] else 1
                ticks.append(Tick(quote.symbol, quote.price, session, self.clock.now(), seq))
                feed[2][quote.symbol] = Newest(feed[1], ticks[-1])
            feed[3] = [*feed[3], Batch(feed[0], feed[1], tuple(ticks))][-self.keep :]
        self._wake()

    async def load(self, dataset_id):
        epoch, version, newest, kept = self._feed(dataset_id)
        return FeedState(Position(epoch, version), dict(newest), list(kept))

    @asynccontextmanager
    async def follow(self, dataset_id):
        self._feed(dataset_id)
        self.followers += 1
        try:
            yield MemoryFollower(self, dataset_id)
        finally:
            self.followers -= 1


class MemoryFollower:
    """Waits for the bus to change."""

    def __init__(self, bus, dataset_id):
        self.bus, self.dataset_id = bus, dataset_id

    async def behind(self, position):
        changed = self.bus.changed
        if not self._news(position):
            await changed.wait()
        return self._news(position)

    def _news(self, position):
        if self.bus.gone:
            raise FeedUnavailable
        feed = self.bus.feeds.get(self.dataset_id)
        if feed is None or feed[0] != position.epoch:
            raise PositionLost
        return [batch for batch in feed[3] if batch.version > position.version]


class FakeRetention:
    """Counts how often room was made; away as often as it is told to be first."""

    def __init__(self, away=0):
        self.away, self.kept = away, []

    async def keep_feed(self, now):
        if self.away:
            self.away -= 1
            return False
        self.kept.append(now)
        return True
