from datetime import date

import pytest

from chassis import context
from chassis.idempotency import RequestIdReused
from chassis.ids import Uuid7Ids
from chassis.principal import Principal
from services.marketdata.app.ports import Delivery, RequestKey
from services.marketdata.domain.dataset import Visibility
from services.marketdata.domain.errors import TooMany
from services.marketdata.domain.replay import Replay, ReplayState
from tests.marketdata.builders import NOW, STRANGER, read

ONCE = RequestKey("", b"")


@pytest.fixture
def draft(stores, caller):
    async def draft(visibility=Visibility.PRIVATE):
        prices = read("date,A\n2024-01-02,1\n").prices
        await stores.prices.store(Delivery(caller, "prices", visibility, "USD", prices, NOW), keep=True)
        found = await stores.datasets.find(caller, "prices")
        return Replay(Uuid7Ids().new(), found.id, caller.user_id, ReplayState.RUNNING, 2.5, None, 0, 7)

    return draft


@pytest.fixture
def start(stores, caller):
    async def start(replay, request=ONCE, limit=2):
        who = Principal(caller.user_id, caller.tenant_id, frozenset(), frozenset(), "free", "t", 0.0)
        with context.bound(principal=who):
            return await stores.replays.start(caller, replay, request, limit)

    return start


async def test_a_started_replay_is_found_as_it_was_started(draft, start, stores, caller):
    replay = await draft()
    assert await start(replay) == (replay, True)
    assert await stores.replays.find(caller, replay.id) == replay


async def test_only_who_may_read_the_dataset_finds_its_replays(draft, start, stores):
    replay = await draft()
    await start(replay)
    assert await stores.replays.find(STRANGER, replay.id) is None


async def test_a_replay_advances_until_it_has_ended(draft, start, stores, caller):
    replay = await draft()
    await start(replay)
    assert await stores.replays.advance(replay.id, date(2024, 1, 2), 3)
    await stores.replays.end(replay.id, ReplayState.FINISHED, date(2024, 1, 5), 7)
    assert not await stores.replays.advance(replay.id, date(2024, 1, 2), 3)
    found = await stores.replays.find(caller, replay.id)
    assert (found.state, found.position, found.sessions_played) == (ReplayState.FINISHED, date(2024, 1, 5), 7)


async def test_a_replay_that_was_stopped_elsewhere_stays_stopped_and_tells_how_far_it_got(draft, start, stores, caller):
    replay = await draft()
    await start(replay)
    await stores.replays.stop(caller, replay.id)
    assert not await stores.replays.advance(replay.id, date(2024, 1, 2), 3)
    await stores.replays.end(replay.id, ReplayState.FINISHED, date(2024, 1, 5), 4)
    found = await stores.replays.find(caller, replay.id)
    assert (found.state, found.sessions_played) == (ReplayState.STOPPED, 4)


async def test_a_replay_whose_process_died_reads_as_stopped_and_frees_its_place(draft, start, stores, caller, rows):
    replay = await draft()
    await start(replay, limit=1)
    await rows.execute("UPDATE replays SET lease_until = now() - interval '1 s' WHERE id = $1", replay.id)
    assert (await stores.replays.find(caller, replay.id)).state is ReplayState.STOPPED
    assert (await start(await draft(), limit=1))[1]


async def test_a_user_has_as_many_running_as_are_allowed(draft, start, stores, caller):
    first = await draft()
    await start(first, limit=1)
    with pytest.raises(TooMany):
        await start(await draft(), limit=1)
    await stores.replays.stop(caller, first.id)
    assert (await start(await draft(), limit=1))[1]


async def test_a_repeated_request_gets_the_first_replay_and_another_body_is_refused(draft, start):
    first, again, key = await draft(), await draft(), Uuid7Ids().new()
    await start(first, RequestKey(key, b"body"), limit=1)
    assert await start(again, RequestKey(key, b"body"), limit=1) == (first, False)
    with pytest.raises(RequestIdReused):
        await start(again, RequestKey(key, b"other"), limit=1)


async def test_a_request_is_forgotten_after_a_day(draft, start, stores, rows, caller):
    key = Uuid7Ids().new()
    await start(await draft(), RequestKey(key, b"body"))
    await rows.execute("UPDATE requests SET created_at = now() - interval '25 hours' WHERE request_id = $1", key)
    await stores.replays.forget()
    assert await rows.fetchval("SELECT count(*) FROM requests WHERE request_id = $1", key) == 0
