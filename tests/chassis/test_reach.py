"""The second wall itself: what a statement states is what it reaches, however PostgreSQL plans it."""

import itertools
import uuid

import asyncpg
import pytest
import pytest_asyncio

from chassis.principal import Principal
from chassis.reach import (
    EVERYONE,
    SYSTEM,
    Action,
    Reach,
    Resource,
    alone,
    authorize,
    enter,
    named,
    reach_of,
    unwalled,
    walled,
    walled_below,
    walled_for_system,
)

TABLES = """
CREATE TABLE crates (id integer PRIMARY KEY, tenant_id uuid NOT NULL, user_id uuid NOT NULL, weight integer NOT NULL);
CREATE TABLE bolts (crate_id integer NOT NULL REFERENCES crates (id) ON DELETE CASCADE, size integer NOT NULL);
CREATE TABLE told (text text NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON crates, bolts, told TO qpo_gadget;
"""
ALICE, BOB = (Reach(str(uuid.UUID(int=n)), str(uuid.UUID(int=n + 10))) for n in (1, 2))
ADMIN = Reach(str(uuid.UUID(int=3)), str(uuid.UUID(int=13)), everyone=True)
EACH = 300  # crates of each owner, with two bolts

# Of many shapes, each with the first wall gone: they state whom they work for, and ask for all.
SHAPES = {
    "scan": "SELECT user_id FROM crates WHERE STATED",
    "key": "SELECT user_id FROM crates WHERE id = ANY (ARRAY[1, 2, 3, 4]) AND STATED",
    "sorted": "SELECT user_id FROM crates WHERE STATED ORDER BY weight, id DESC LIMIT 500",
    "counted": "SELECT user_id FROM crates WHERE STATED GROUP BY user_id HAVING count(*) > 1",
    "joined": "SELECT c.user_id FROM crates c JOIN bolts b ON b.crate_id = c.id WHERE STATED",
    "outer": "SELECT c.user_id FROM crates c LEFT JOIN bolts b ON b.crate_id = c.id WHERE STATED",
    "lateral": """
        SELECT c.user_id FROM crates c
        CROSS JOIN LATERAL (SELECT array_agg(size ORDER BY size) FROM bolts WHERE crate_id = c.id) b WHERE STATED
    """,
    "below": "SELECT (SELECT user_id FROM crates WHERE id = crate_id) FROM bolts WHERE STATED",
    "updated": "UPDATE crates SET weight = weight WHERE STATED RETURNING user_id",
    "deleted": "DELETE FROM crates WHERE STATED RETURNING user_id",
}
# Plans that PostgreSQL might choose one day.
PLANS = [
    {"plan_cache_mode": "force_generic_plan"},
    {"plan_cache_mode": "force_custom_plan"},
    {"enable_nestloop": "off", "enable_indexscan": "off", "enable_bitmapscan": "off"},
    {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off"},
    {"debug_parallel_query": "on", "parallel_setup_cost": "0", "min_parallel_table_scan_size": "0"},
]


@pytest_asyncio.fixture
async def walls(pool, database_url):
    """Crates with bolts of Alice's and of Bob's behind walls; the pool of the role that has to pass them."""
    owner = await asyncpg.connect(database_url, server_settings={"search_path": "gadget"})
    await owner.execute(TABLES)
    for at, who in enumerate((ALICE, BOB)):
        made = (
            "INSERT INTO crates SELECT 2 * n + $3, $1::uuid, $2::uuid, n % 7 FROM generate_series(1, $4::integer) AS n"
        )
        await owner.execute(made, who.tenant_id, who.user_id, at, EACH)
    await owner.execute("INSERT INTO bolts SELECT id, size FROM crates, generate_series(1, 2) AS size")
    for ddl in (walled("crates"), walled_below("bolts", "crate_id", "crates"), walled_for_system("told")):
        await owner.execute(ddl)
    yield pool, owner
    await owner.close()


def owners(rows):
    return {str(row[0]) for row in rows}


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: next(iter(plan)))
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_statement_reaches_what_it_states_whatever_its_plan_and_whoever_came_before(walls, shape, plan):
    pool, _ = walls
    async with pool.acquire() as connection:
        for name, value in plan.items():
            await connection.execute(f"SET {name} = {value}")
        statement = await connection.prepare(SHAPES[shape].replace("STATED", alone(1)))
        readers = {ALICE: {ALICE.user_id}, BOB: {BOB.user_id}, ADMIN: {ALICE.user_id, BOB.user_id}}
        # More often than it takes to be planned for good.
        for who, _again in itertools.product(readers, range(4)):
            transaction = connection.transaction() if shape in ("updated", "deleted") else None
            if transaction:
                await transaction.start()
            assert owners(await statement.fetch(reach_of(who))) == readers[who]
            if transaction:
                await transaction.rollback()
        assert owners(await statement.fetch("")) == set()
        assert await connection.fetch("SELECT FROM crates") == []
        await connection.execute("RESET ALL")


async def test_a_transaction_reaches_what_it_entered_and_nothing_is_left_of_it(walls):
    pool, _ = walls
    async with pool.acquire() as connection:
        for who in (ALICE, BOB):
            async with connection.transaction():
                await enter(connection, reach_of(who))
                async with connection.transaction():
                    assert owners(await connection.fetch("SELECT user_id FROM crates")) == {who.user_id}
                assert len(await connection.fetch("SELECT FROM bolts")) == 2 * EACH
            assert await connection.fetch("SELECT FROM crates UNION ALL SELECT FROM bolts") == []


async def test_what_goes_with_its_owner_s_row_goes_behind_all_walls(walls):
    pool, owner = walls
    await pool.execute(SHAPES["deleted"].replace("STATED", alone(1)), reach_of(ALICE))
    assert await owner.fetchval("SELECT count(*) FROM bolts") == 2 * EACH


async def test_what_is_told_is_read_by_background_work_alone(walls):
    pool, _ = walls
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await pool.execute("INSERT INTO told VALUES ('by nobody')")
    async with pool.acquire() as connection, connection.transaction():
        await enter(connection, reach_of(ALICE))
        await connection.execute("INSERT INTO told VALUES ('by Alice')")
        assert await connection.fetch("SELECT * FROM told") == []
    found = {reach: len(await pool.fetch(f"SELECT FROM told WHERE {alone(1)}", reach)) for reach in (SYSTEM, EVERYONE)}
    assert found == {SYSTEM: 1, EVERYONE: 0}


async def test_walls_can_be_taken_down(walls):
    pool, owner = walls
    for ddl in (unwalled("bolts"), unwalled("crates"), unwalled("told", "reach", "told")):
        await owner.execute(ddl)
    assert await pool.fetchval("SELECT count(*) FROM crates") == 2 * EACH


def test_a_scope_over_all_reaches_everyone_s_for_its_action_and_kind_alone():
    kind = Resource("crate", {Action.READ: "read:all"})
    reader = Principal("u", "t", frozenset(), frozenset({"read:all", "write:all"}), "", "", 0.0)
    other = Principal("u", "t", frozenset(), frozenset({"write:all"}), "", "", 0.0)
    assert authorize(reader, Action.READ, kind) == Reach("u", "t", everyone=True)
    assert authorize(reader, Action.WRITE, kind) == authorize(other, Action.READ, kind) == Reach("u", "t")
    assert authorize(reader, Action.READ, Resource("bolt", {})) == Reach("u", "t")
    lent = Resource("bolt", {}, {Action.READ: "read:all"})
    assert authorize(reader, Action.READ, lent) == Reach("u", "t", entrusted=True)
    assert authorize(reader, Action.WRITE, lent) == authorize(other, Action.READ, lent) == Reach("u", "t")


def test_a_reach_names_its_readers_once_and_everyone_beside_who_reads_all():
    alice, admin = Reach("a", "s"), Reach("z", "t", everyone=True)
    assert reach_of(alice, alice) == "s/a"
    assert reach_of(admin, alice) == "everyone s/a t/z"
    assert reach_of() == ""


def test_an_id_with_a_blank_names_nobody():
    with pytest.raises(ValueError, match="blank"):
        named([("tenant", "user everyone")])
