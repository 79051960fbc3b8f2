"""Keys are replaced while calls go on: nothing fails to open, nothing stays under an old key, nothing is lost."""

import asyncio
import json
import random
import uuid
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from chassis.vault import Bounds, KmsUnavailable, Sealed, Vault
from chassis.vault.column import Column
from chassis.vault.kms_local import LocalKms
from chassis.vault.rotation import Periods, Rotation, RotationMeter
from tests.fixtures.logs import captured

NOTES = Column("gadget", "notes", "body")
INSERT = "INSERT INTO notes (id, tenant_id, body, key_id) VALUES ($1, $2, $3, $4)"
UPDATE = "UPDATE notes SET body = $2, key_id = $3 WHERE id = $1"
ON_RETIRED = "SELECT count(*) FROM notes n JOIN tenant_keys k ON k.id = n.key_id WHERE k.retired_at IS NOT NULL"
QUICK = Periods(grace=timedelta(seconds=1))


class Replica:
    """A process that keeps notes, each of which says its own id."""

    def __init__(self, pool, keyring_file, now, **bounds):
        self.pool, self.registry = pool, CollectorRegistry()
        self.vault = Vault(pool, LocalKms(keyring_file, clock=now), "gadget", Bounds(**bounds), clock=now)
        self.rotation = Rotation(pool, self.vault, [NOTES], RotationMeter(self.registry), QUICK, clock=now)

    async def write(self, note, tenant, *, statement=INSERT, text=""):
        sealed = await self.vault.seal(tenant, NOTES.place(note), f"{note} {text}".encode())
        args = (note, tenant) if statement is INSERT else (note,)
        await self.pool.execute(statement, *args, sealed.body, sealed.key_id)

    async def read(self, note):
        body, key_id = await self.pool.fetchrow("SELECT body, key_id::text FROM notes WHERE id = $1", note)
        return (await self.vault.open(NOTES.place(note), Sealed(key_id, body))).decode()

    def told(self, name, **labels):
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def replica(pool, keyring_file, now):
    def new(**bounds):
        return Replica(pool, keyring_file, now, **bounds)

    return new


@asynccontextmanager
async def going_on(*jobs):
    """Jobs beside the block; what one of them raises is raised."""
    over = asyncio.Event()
    tasks = [asyncio.create_task(job(over)) for job in jobs]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    ("times", "rows"), [(4, 300), pytest.param(10, 5_000, marks=[pytest.mark.nightly, pytest.mark.timeout(1200)])]
)
async def test_under_load_no_read_fails_and_no_row_stays_on_a_retired_key(
    pool, replica, now, keyring_file, times, rows
):
    """Two replicas read, write and turn, while so many times all keys, and the key that wraps them, come of age."""
    replicas = [replica(seals=0.05, opens=0.2) for _ in range(2)]
    notes = {str(uuid.uuid4()): str(uuid.uuid4()) for _ in range(6)}
    notes |= {str(uuid.uuid4()): tenant for tenant in list(notes.values()) for _ in range(rows // 6)}
    for note, tenant in notes.items():
        await replicas[0].write(note, tenant)
    reads, writes, failures = [0], [0], []

    def reading(by):
        async def read(over):
            while not over.is_set():
                note = random.choice(list(notes))
                try:
                    assert (await by.read(note)).split()[0] == note
                except Exception as failure:
                    failures.append(failure)
                reads[0] += 1

        return read

    def writing(by):
        async def write(over):
            while not over.is_set():
                writes[0] += 1
                note, tenant = random.choice(list(notes.items()))
                await by.write(note, tenant, statement=UPDATE, text=f"written {writes[0]} times")
                another = str(uuid.uuid4())
                await by.write(another, tenant)
                notes[another] = tenant
                # About as many as people write: else there is more to sweep each time.
                await asyncio.sleep(0.005)

        return write

    jobs = [job(by) for by in replicas for job in (reading, reading, reading, writing)]
    async with going_on(*jobs):
        for _ in range(times):
            now.advance(days=91)
            before = reads[0]
            await asyncio.gather(*(each.rotation.turn() for each in replicas))
            # What each left to the other.
            await replicas[1].rotation.turn()
            assert reads[0] > before
    assert failures == []
    assert writes[0] > 20
    await replicas[0].rotation.turn()
    assert await pool.fetchval(ON_RETIRED) == 0
    keks = [key["id"] for key in json.loads(keyring_file.read_text())["keys"]]
    assert len(keks) == times + 1
    assert await pool.fetch("SELECT DISTINCT kek_id FROM tenant_keys") == [(keks[-1],)]
    assert await pool.fetchval("SELECT count(*) FROM tenant_keys WHERE retired_at IS NOT NULL") >= times * 6
    reader = replica()
    for note in notes:
        assert (await reader.read(note)).split()[0] == note
    print(f"\n{reads[0]} reads, {writes[0]} writes, {len(notes)} rows, {len(failures)} failed reads")


async def test_a_young_key_is_left_alone(pool, replica, now, keyring_file):
    one = replica()
    await one.write(note := str(uuid.uuid4()), str(uuid.uuid4()))
    kept = (
        keyring_file.read_text(),
        await pool.fetch("SELECT * FROM notes"),
        await pool.fetch("SELECT * FROM tenant_keys"),
    )
    now.advance(days=89)
    await one.rotation.turn()
    assert kept == (
        keyring_file.read_text(),
        await pool.fetch("SELECT * FROM notes"),
        await pool.fetch("SELECT * FROM tenant_keys"),
    )
    assert await one.read(note)


async def test_after_wrapping_anew_the_old_kek_is_not_needed_and_no_field_was_touched(pool, replica, keyring_file, now):
    one = replica()
    await one.write(note := str(uuid.uuid4()), str(uuid.uuid4()))
    index = (await one.vault.index("index of body")).of("ann")
    bodies = await pool.fetch("SELECT body FROM notes")
    await one.vault.kms.renew(now.now() + timedelta(seconds=1))
    await one.rotation.turn()
    kept = json.loads(keyring_file.read_text())
    keyring_file.write_text(json.dumps({"keys": kept["keys"][-1:]}))
    reader = replica()
    assert note in await reader.read(note)
    assert (await reader.vault.index("index of body")).of("ann") == index
    assert await pool.fetch("SELECT body FROM notes") == bodies


async def test_the_key_of_an_index_is_wrapped_anew_and_never_replaced(pool, replica, now):
    one = replica()
    index = (await one.vault.index("index of body")).of("ann")
    now.advance(days=365)
    await one.rotation.turn()
    assert (await replica().vault.index("index of body")).of("ann") == index
    assert await pool.fetchval("SELECT count(*) FROM tenant_keys WHERE retired_at IS NOT NULL") == 0


async def test_a_retired_key_opens_copies_of_before(pool, replica, now):
    one = replica(seals=0)
    await one.write(note := str(uuid.uuid4()), str(uuid.uuid4()))
    body, key_id = await pool.fetchrow("SELECT body, key_id::text FROM notes")
    now.advance(days=91)
    await one.rotation.turn()
    assert await pool.fetchval("SELECT key_id::text FROM notes") != key_id
    assert note in (await replica().vault.open(NOTES.place(note), Sealed(key_id, body))).decode()


async def test_a_row_that_is_written_meanwhile_is_left_to_its_writer(pool, replica, now):
    one, writer = replica(seals=0), replica(seals=0)
    await one.write(note := str(uuid.uuid4()), tenant := str(uuid.uuid4()))
    now.advance(days=91)
    opened = one.vault.open

    async def written_as_it_is_opened(place, sealed):
        clear = await opened(place, sealed)
        await writer.write(note, tenant, statement=UPDATE, text="by its writer")
        return clear

    one.vault.open = written_as_it_is_opened
    await one.rotation.turn()
    assert await writer.read(note) == f"{note} by its writer"


async def test_a_row_that_does_not_open_is_told_and_holds_up_no_other(pool, replica, now):
    one = replica(seals=0)
    notes = [str(uuid.uuid4()) for _ in range(5)]
    tenant = str(uuid.uuid4())
    for note in notes:
        await one.write(note, tenant)
    broken = notes[2]
    await pool.execute("UPDATE notes SET body = set_byte(body, 20, 255 - get_byte(body, 20)) WHERE id = $1", broken)
    now.advance(days=91)
    with captured() as lines:
        await one.rotation.turn()
    assert await pool.fetchval(ON_RETIRED) == 1
    assert one.told("vault_rows_left", column="gadget.notes.body") == 1
    assert [(line["event"], line["row"], line["level"]) for line in lines] == [("row_not_sealed_anew", broken, "error")]
    for note in set(notes) - {broken}:
        assert note in await one.read(note)


async def test_a_key_that_does_not_open_is_told_and_holds_up_no_other(pool, replica, now):
    one = replica(seals=0)
    for _ in range(3):
        await one.write(str(uuid.uuid4()), str(uuid.uuid4()))
    broken = await pool.fetchval("SELECT id::text FROM tenant_keys LIMIT 1")
    await pool.execute("UPDATE tenant_keys SET wrapped = wrapped || 'x' WHERE id = $1", broken)
    await one.vault.kms.renew(now.now() + timedelta(seconds=1))
    with captured() as lines:
        await one.rotation.turn()
    assert one.told("vault_keys_left") == 1
    assert [(line["event"], line["key"]) for line in lines] == [("key_not_wrapped_anew", broken)]


async def test_a_key_is_noted_as_swept_once_nothing_can_lie_under_it(pool, replica, now):
    one = replica(seals=0)
    await one.write(str(uuid.uuid4()), str(uuid.uuid4()))
    now.advance(days=91)
    await one.rotation.turn()
    swept = "SELECT count(*) FROM tenant_keys WHERE swept_at IS NOT NULL"
    assert await pool.fetchval(swept) == 0
    await pool.execute("UPDATE tenant_keys SET retired_at = retired_at - interval '2 s' WHERE retired_at IS NOT NULL")
    await one.rotation.turn()
    assert await pool.fetchval(swept) == 1
    assert one.told("vault_rows_left", column="gadget.notes.body") == 0


async def test_while_another_replica_is_about_it_a_turn_changes_nothing(pool, replica, now):
    one = replica(seals=0)
    await one.write(str(uuid.uuid4()), str(uuid.uuid4()))
    now.advance(days=91)
    async with pool.acquire() as other, other.transaction():
        await other.fetchval("SELECT pg_advisory_xact_lock(hashtextextended('rotation of ' || current_schema(), 0))")
        await one.rotation.turn()
        assert await pool.fetchval("SELECT count(*) FROM tenant_keys WHERE retired_at IS NOT NULL") == 0
    await one.rotation.turn()
    assert await pool.fetchval("SELECT count(*) FROM tenant_keys WHERE retired_at IS NOT NULL") == 1


async def test_without_a_key_management_service_keys_grow_older_and_rows_stay(pool, replica, now):
    one = replica(seals=0)
    await one.write(note := str(uuid.uuid4()), str(uuid.uuid4()))
    now.advance(days=91)

    async def away(*_):
        raise KmsUnavailable("it is away")

    wrap, one.vault.kms.wrap = one.vault.kms.wrap, away
    with pytest.raises(KmsUnavailable):
        await one.rotation.turn()
    assert note in await replica().read(note)
    one.vault.kms.wrap = wrap
    await one.rotation.turn()
    assert await pool.fetchval(ON_RETIRED) == 0
