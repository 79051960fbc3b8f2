"""Replays over a bus in memory and a time that the test lets pass."""

import asyncio
from datetime import date, timedelta

import numpy as np
import pytest

from services.marketdata.app.get_replay import GetReplay
from services.marketdata.app.player import BURST, HEARTBEAT, Player
from services.marketdata.app.ports import RequestKey
from services.marketdata.app.start_replay import ReplayAsked, StartReplay
from services.marketdata.app.stop_replay import StopReplay
from services.marketdata.app.upkeep import PAUSE, keep_tidy, with_room
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.errors import FeedUnavailable, NoSessions, NotOwner, ReplayNotFound, TooMany
from services.marketdata.domain.replay import ReplayState
from tests.marketdata.builders import NOW, OWNER, STRANGER, dataset
from tests.marketdata.fakes import (
    CountingIds,
    FakeRetention,
    FixedClock,
    MemoryBars,
    MemoryBus,
    MemoryDatasets,
    MemoryReplays,
    VirtualTimer,
    settled,
)

FIRST = date(2024, 1, 2)
PRICES = dataset(visibility=Visibility.SHARED)


class World:
    """A process of marketdata that plays."""

    def __init__(self, table=None, limit=2):
        self.table = np.arange(1.0, 21.0).reshape(10, 2) if table is None else np.asarray(table)
        self.bus, self.timer, self.replays = MemoryBus(keep=10_000), VirtualTimer(), MemoryReplays()
        self.bars = MemoryBars(self.table, FIRST)
        self.player = Player(self.bars, self.bus, self.replays, self.timer)
        datasets, clock, ids = MemoryDatasets(PRICES), FixedClock(), CountingIds()
        self.start_ = StartReplay(datasets, self.bars, self.replays, self.bus, self.player, clock, ids, limit)
        self.get = GetReplay(self.replays)
        self.stop = StopReplay(self.replays, self.player)

    async def start(self, caller=OWNER, speed=10.0, symbols=(), request=""):
        asked = ReplayAsked(PRICES.id, symbols, None, None, speed, RequestKey(request, b""))
        replay = await self.start_(caller, asked)
        await settled()
        return replay.id

    async def batches(self):
        return (await self.bus.load(PRICES.id)).kept


async def test_every_session_is_published_in_order_with_its_closes():
    world = World()
    replay_id = await world.start()
    await world.timer.pass_(5)
    batches = await world.batches()
    assert [[t.price for t in batch.ticks] for batch in batches] == world.table.tolist()
    assert [batch.ticks[0].session for batch in batches] == [FIRST + timedelta(days=n) for n in range(10)]
    replay = await world.get(OWNER, replay_id)
    assert (replay.state, replay.sessions_played, replay.position) == (ReplayState.FINISHED, 10, date(2024, 1, 11))


async def test_sessions_come_at_the_asked_speed_without_drift():
    world = World(np.ones((1000, 1)))
    await world.start(speed=4.0)
    counts = []
    for _ in range(12):
        counts.append(len(await world.batches()))
        await world.timer.pass_(1.1)
    assert counts == [1 + int(1.1 * n * 4 + 1e-9) for n in range(12)]


async def test_after_a_pause_what_is_due_is_caught_up_in_bursts():
    world = World(np.ones((500, 1)))
    await world.start(speed=1000.0)
    world.timer.time += 0.3
    await world.timer.pass_(0.0005)
    assert len(await world.batches()) >= BURST


async def test_a_missing_close_is_no_tick():
    world = World([[1.0, np.nan], [np.nan, 2.0]])
    await world.start()
    await world.timer.pass_(1)
    assert [[t.symbol for t in batch.ticks] for batch in await world.batches()] == [["A"], ["B"]]


async def test_a_speed_of_zero_is_ten_sessions_per_second():
    world = World()
    assert (await world.get(OWNER, await world.start(speed=0))).speed == 10.0


async def test_while_it_plays_it_says_how_far_it_is():
    world = World()
    replay_id = await world.start(speed=2.0)
    await world.timer.pass_(1.0 + HEARTBEAT)
    replay = await world.get(OWNER, replay_id)
    assert (replay.state, replay.sessions_played, replay.sessions_total) == (ReplayState.RUNNING, 3, 10)


async def test_a_stopped_replay_plays_no_more_and_stays_stopped():
    world = World()
    replay_id = await world.start(speed=1.0)
    stopped = await world.stop(OWNER, replay_id)
    assert (stopped.state, stopped.sessions_played) == (ReplayState.STOPPED, 1)
    await world.timer.pass_(20)
    assert len(await world.batches()) == 1
    assert (await world.stop(OWNER, replay_id)).state is ReplayState.STOPPED


async def test_stopping_a_finished_replay_leaves_it_finished():
    world = World()
    replay_id = await world.start()
    await world.timer.pass_(2)
    assert (await world.stop(OWNER, replay_id)).state is ReplayState.FINISHED


async def test_a_stop_in_another_process_is_seen_at_the_next_heartbeat():
    world = World(np.ones((100, 1)))
    replay_id = await world.start(speed=5.0)
    await world.replays.stop(OWNER, replay_id)
    await world.timer.pass_(3)
    assert len(await world.batches()) <= 6
    assert world.player.playing == {}


async def test_what_a_process_plays_stops_with_it():
    world = World()
    ids = [await world.start(speed=1.0), await world.start(speed=1.0)]
    await world.player.stop_all()
    assert [(await world.get(OWNER, i)).state for i in ids] == [ReplayState.STOPPED] * 2
    assert world.player.playing == {}


async def test_a_replay_stops_if_the_bus_goes_away():
    world = World()
    replay_id = await world.start(speed=1.0)
    world.bus.fail()
    await world.timer.pass_(2)
    replay = await world.get(OWNER, replay_id)
    assert (replay.state, replay.sessions_played) == (ReplayState.STOPPED, 1)


async def test_without_a_bus_no_replay_starts():
    world = World()
    world.bus.fail()
    with pytest.raises(FeedUnavailable):
        await world.start()
    assert world.replays.rows == {}


async def test_a_user_runs_as_many_replays_as_are_allowed():
    world = World(limit=1)
    await world.start(speed=1.0)
    with pytest.raises(TooMany):
        await world.start()


async def test_a_repeated_request_starts_nothing_and_gets_the_same_replay():
    world = World()
    first = await world.start(speed=1.0, request="r")
    assert await world.start(speed=1.0, request="r") == first
    assert len(world.player.playing) == 1


async def test_an_empty_range_holds_nothing_to_play():
    with pytest.raises(NoSessions):
        await World(np.empty((0, 2))).start()


async def test_only_the_owner_may_play_and_stop():
    world, colleague = World(), Caller(STRANGER.user_id, OWNER.tenant_id)
    with pytest.raises(NotOwner):
        await world.start(caller=STRANGER)
    replay_id = await world.start(speed=1.0)
    with pytest.raises(NotOwner):
        await world.stop(colleague, replay_id)


async def test_an_unknown_replay_is_not_found():
    world = World()
    for act in (world.get, world.stop):
        with pytest.raises(ReplayNotFound):
            await act(OWNER, "01987f6c-0000-7000-8000-00000000dead")


async def test_long_histories_are_read_a_window_at_a_time():
    world = World(np.ones((600, 1)))
    await world.start(speed=1000.0)
    await world.timer.pass_(2)
    assert len(await world.batches()) == 600
    assert len(world.bars.asked) == 3


async def test_old_requests_are_forgotten_at_the_start_and_every_hour():
    world = World()
    retention = FakeRetention()
    task = asyncio.create_task(keep_tidy(world.replays, retention, FixedClock(), world.timer))
    await world.timer.pass_(3 * PAUSE)
    task.cancel()
    assert (world.replays.tidied, retention.kept) == (4, [NOW] * 4)


async def test_nothing_is_processed_before_there_is_room_for_it():
    timer, retention, began = VirtualTimer(), FakeRetention(away=2), asyncio.Event()

    async def process():
        began.set()

    task = asyncio.create_task(with_room(retention, FixedClock(), timer, process))
    await timer.pass_(1.5)
    assert not began.is_set()
    await timer.pass_(1.0)
    assert began.is_set()
    await task
