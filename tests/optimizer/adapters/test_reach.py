"""Row-level security: with the first wall gone, a caller still reaches their own jobs and universes alone."""

import uuid

import pytest
import pytest_asyncio

from chassis.ids import Uuid7Ids
from chassis.reach import EVERYONE, SYSTEM, named
from services.optimizer.adapters import job_book_postgres as book
from services.optimizer.adapters import universes_postgres as universes
from services.optimizer.adapters.job_book_postgres import PostgresJobBook
from services.optimizer.adapters.job_news import JobNews
from services.optimizer.adapters.universes_postgres import PostgresUniverses
from services.optimizer.app.errors import JobNotFound, UniverseNotFound
from services.optimizer.app.ports import Caller, NewJob, NewUniverse, Repeatable
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.resident import universe_id
from services.optimizer.rpc.errors import error_table
from tests.optimizer.problems import problem
from tests.walls import changed, require_walls, seen

# How far events were consumed, who has left: nothing that a user owns.
COMMON = {"alembic_version", "consumer_positions", "consumer_versions", "departed"}
OWNED = ("optimizations", "universes", "requests")
MINE = "user_id::text = $1"


@pytest.fixture
def pool(optimizer_store):
    return optimizer_store.pool


@pytest.fixture
def jobs(pool):
    return PostgresJobBook(pool, JobNews(error_table()))


@pytest.fixture
def kept(pool):
    return PostgresUniverses(pool, most=3, most_bytes=100)


@pytest.fixture
def alice():
    return Caller(str(uuid.uuid4()), str(uuid.uuid4()))


@pytest.fixture
def bob():
    return Caller(str(uuid.uuid4()), str(uuid.uuid4()))


@pytest_asyncio.fixture
async def hers(jobs, kept, alice):
    """A job and a universe of Alice's, by id."""
    job = NewJob(Uuid7Ids().new(), Goal(), 12, "", 10_000, to_bytes(problem()))
    job_id = await jobs.submit(alice, job, Repeatable(str(uuid.uuid4()), b"body"), 100)
    put = await kept.keep(alice, NewUniverse(universe_id(b"moments"), 1, 0, b"moments"), 60)
    return job_id, put.id


@pytest.fixture
def others(alice, bob):
    """Reaches that do not cover Alice's rows; nobody is shown everybody's jobs."""
    strangers = [(bob.tenant_id, bob.user_id), (bob.tenant_id, alice.user_id), (alice.tenant_id, bob.user_id)]
    return [*(named([each]) for each in strangers), named(strangers), EVERYONE, "", None]


async def test_every_table_has_a_wall_but_those_that_hold_nothing_of_a_user_s(pool):
    await require_walls(pool, COMMON)


@pytest.mark.parametrize("table", OWNED)
async def test_a_row_is_seen_and_changed_by_its_owner_and_by_background_work_alone(table, pool, alice, others, hers):
    asked = (MINE, alice.user_id)
    statements = "UPDATE {} SET user_id = user_id WHERE {}", "DELETE FROM {} WHERE {}"
    update, delete = (each.format(table, MINE) for each in statements)
    for reach, wanted in ((named([(alice.tenant_id, alice.user_id)]), 1), (SYSTEM, 1), *((each, 0) for each in others)):
        assert await seen(pool, reach, table, *asked) == wanted
        assert [await changed(pool, reach, each, alice.user_id) for each in (update, delete)] == [wanted] * 2


@pytest.mark.parametrize("table", OWNED)
async def test_no_row_is_given_away(table, pool, alice, bob, hers):
    given = f"UPDATE {table} SET user_id = $2 WHERE {MINE}"  # noqa: S608
    reach = named([(alice.tenant_id, alice.user_id)])
    assert await changed(pool, reach, given, alice.user_id, bob.user_id) == "refused"


async def test_an_event_is_read_by_background_work_alone(pool, alice, others, hers):
    readers = [SYSTEM, named([(alice.tenant_id, alice.user_id)]), *others]
    found = [await seen(pool, reach, "outbox", "key = $1", hers[0]) for reach in readers]
    assert found == [1] + [0] * (len(readers) - 1)


OWNER = {"tenant_id = $2 AND user_id = $3": "$2::uuid = $2 AND $3::uuid = $3"}
OWNER |= {"tenant_id = $1 AND user_id = $2": "$1::uuid = $1 AND $2::uuid = $2"}
OWNER |= {"user_id = $1 AND tenant_id = $2": "$1::uuid = $1 AND $2::uuid = $2"}


def without_first_wall(patch, module, *names):
    """Takes the owner out of these statements."""
    for name in names:
        whole = broken = getattr(module, name)
        for stated, nothing in OWNER.items():
            broken = broken.replace(stated, nothing)
        assert broken != whole
        patch.setattr(module, name, broken)


async def test_without_the_first_wall_the_service_still_finds_nothing_of_another_s(
    jobs, kept, alice, bob, hers, monkeypatch
):
    without_first_wall(monkeypatch, book, "_GET", "_RESULT", "_PROBLEM", "_PAGE", "_CANCEL")
    without_first_wall(monkeypatch, universes, "_EXTEND", "_FIND", "_READ")
    job_id, put = hers
    assert (await jobs.get(alice, job_id)).id == job_id
    assert [job.id for job in await jobs.page(alice, "", "", 9)] == [job_id]
    assert await kept.read(alice, put) == b"moments"
    assert await jobs.page(bob, "", "", 9) == []
    for ask in (jobs.get, jobs.result, jobs.problem, jobs.cancel):
        with pytest.raises(JobNotFound):
            await ask(bob, job_id)
    for ask in (kept.find, kept.read):
        with pytest.raises(UniverseNotFound):
            await ask(bob, put)
    with pytest.raises(UniverseNotFound):
        await kept.extend(bob, put, 9)
