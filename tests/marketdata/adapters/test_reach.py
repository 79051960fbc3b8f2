"""Row-level security: with the first wall gone, no way to another's dataset begins."""

import uuid

import pytest
import pytest_asyncio

from chassis import context
from chassis.ids import Uuid7Ids
from chassis.principal import Principal
from chassis.reach import EVERYONE, SYSTEM
from services.marketdata.adapters import datasets_postgres, replays_postgres
from services.marketdata.adapters.reach import reach_of
from services.marketdata.app.ports import Delivery, RequestKey
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.replay import Replay, ReplayState
from tests.marketdata.builders import NOW, read
from tests.walls import changed, reaching, seen

WALLED = ("datasets", "outbox", "replays", "requests")
_WALLED = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity AND relforcerowsecurity
"""


@pytest_asyncio.fixture
async def keep(stores, caller):
    """Keeps a dataset of the caller, with a replay; their ids."""

    async def keep(visibility=Visibility.PRIVATE):
        prices, name = read("date,A\n2024-01-02,1\n").prices, f"d-{uuid.uuid4().hex[:8]}"
        await stores.prices.store(Delivery(caller, name, visibility, "USD", prices, NOW), keep=True)
        dataset = (await stores.datasets.find(caller, name)).id
        replay = Replay(Uuid7Ids().new(), dataset, caller.user_id, ReplayState.RUNNING, 2.5, None, 0, 7)
        who = Principal(caller.user_id, caller.tenant_id, frozenset(), frozenset(), "free", "t", 0.0)
        with context.bound(principal=who):
            await stores.replays.start(caller, replay, RequestKey(str(uuid.uuid4()), b"body"), 9)
        return dataset, replay.id

    return keep


@pytest.fixture
def stranger():
    return Caller(str(uuid.uuid4()), str(uuid.uuid4()))


@pytest.fixture
def colleague(caller):
    return Caller(str(uuid.uuid4()), caller.tenant_id)


async def test_what_every_way_to_a_user_s_data_begins_with_has_a_wall(pool):
    assert sorted(row[0] for row in await pool.fetch(_WALLED)) == sorted(WALLED)


@pytest.mark.parametrize("visibility", Visibility)
async def test_a_dataset_is_seen_as_far_as_it_is_visible_and_written_by_its_owner_alone(
    pool, keep, caller, colleague, stranger, visibility
):
    dataset, _ = await keep(visibility)
    shared = int(visibility is Visibility.SHARED)
    readers = {reach_of(caller): 1, SYSTEM: 1, reach_of(colleague): 1, reach_of(stranger): shared}
    readers |= {EVERYONE: shared, "": 0, None: 0}
    assert {reach: await seen(pool, reach, "datasets", "id = $1", dataset) for reach in readers} == readers
    writers = {reach: int(reach in {reach_of(caller), SYSTEM}) for reach in readers}
    for statement in ("UPDATE datasets SET name = 'stolen' WHERE id = $1", "DELETE FROM replays WHERE dataset_id = $1"):
        assert {reach: await changed(pool, reach, statement, dataset) for reach in writers} == writers
    for reach, wanted in writers.items():
        async with reaching(pool, reach) as db:
            held = await db.fetch("SELECT id FROM datasets WHERE id = $1 FOR UPDATE", dataset)
            assert len(held) == wanted


async def test_no_dataset_is_made_for_another_or_given_away(pool, keep, caller, stranger):
    dataset, _ = await keep()
    made = """
    INSERT INTO datasets (id, tenant_id, user_id, name, visibility, created_at)
    VALUES (gen_random_uuid(), $1, $2, 'new', 1, now())
    """
    for owner, wanted in ((caller, 1), (stranger, "refused")):
        assert await changed(pool, reach_of(caller), made, owner.tenant_id, owner.user_id) == wanted
    given = "UPDATE datasets SET user_id = $2 WHERE id = $1"
    assert await changed(pool, reach_of(caller), given, dataset, stranger.user_id) == "refused"


async def test_a_replay_an_answer_and_an_event_are_whose_they_are(pool, keep, caller, colleague, stranger):
    dataset, replay = await keep()
    asked = {
        "replays": ("id = $1", replay),
        "requests": ("user_id = $1", caller.user_id),
        "outbox": ("key = $1", dataset),
    }
    readers = {"owner": reach_of(caller), "colleague": reach_of(colleague), "stranger": reach_of(stranger)}
    readers |= {"background": SYSTEM, "nobody": None}
    found = {
        table: {who for who, reach in readers.items() if await seen(pool, reach, table, *where)}
        for table, where in asked.items()
    }
    assert found == {
        "replays": {"owner", "colleague", "background"},
        "requests": {"owner", "background"},
        "outbox": {"background"},
    }


async def test_without_the_first_wall_the_service_still_finds_nothing_of_another_s(
    stores, keep, caller, stranger, monkeypatch
):
    dataset, replay = await keep()
    name = (await stores.datasets.find(caller, dataset)).name
    owner = {"d.tenant_id = $1": "$1::uuid = $1", "d.tenant_id = $2": "$2::uuid = $2"}
    for module, names in (
        (datasets_postgres, ("FIND_BY_ID", "FIND_BY_NAME", "READABLE")),
        (replays_postgres, ("FIND",)),
    ):
        for each in names:
            whole = broken = getattr(module, each)
            for stated, nothing in owner.items():
                broken = broken.replace(stated, nothing)
            assert broken != whole
            monkeypatch.setattr(module, each, broken)
    assert (await stores.datasets.find(caller, dataset)).id == dataset
    assert (await stores.replays.find(caller, replay)).id == replay
    for named in (dataset, name):
        assert await stores.datasets.find(stranger, named) is None
    assert dataset not in [each.id for each in await stores.datasets.page(stranger, (), 1000)]
    assert await stores.replays.find(stranger, replay) is None
    await stores.replays.stop(stranger, replay)
    assert (await stores.replays.find(caller, replay)).state is ReplayState.RUNNING
