"""Sealing and opening on a real keyring: whose keys, how many messages, how long without a key management service."""

import asyncio
import uuid

import asyncpg
import pytest

from chassis.errors import ErrorTable, name_of
from chassis.vault import Bounds, KeyGone, KeyRefused, KmsUnavailable, Place, Unopenable, Vault
from tests.chassis.vault.clocks import SetSeconds

ANN, BOB = str(uuid.uuid4()), str(uuid.uuid4())
HERE = Place("gadget.notes", "body", "1")


class Watched:
    """A key management service that can be away, and counts."""

    def __init__(self, kms):
        self._kms, self.away, self.asked = kms, False, 0

    def __getattr__(self, name):
        async def asked(*args):
            self.asked += 1
            if self.away:
                raise KmsUnavailable("it is away")
            return await getattr(self._kms, name)(*args)

        return asked


@pytest.fixture
def watched(kms):
    return Watched(kms)


@pytest.fixture
def seconds():
    return SetSeconds()


@pytest.fixture
def vault(pool, watched, seconds):
    return Vault(pool, watched, "gadget", Bounds(together=4, messages=8), seconds=seconds)


async def keys_of(pool, tenant):
    return await pool.fetch("SELECT * FROM tenant_keys WHERE tenant_id = $1 ORDER BY created_at", tenant)


async def test_what_one_replica_seals_another_opens(pool, vault, kms):
    sealed = await vault.seal(ANN, HERE, b"a note")
    assert await Vault(pool, kms, "gadget").open(HERE, sealed) == b"a note"


async def test_a_tenants_first_key_is_made_once_however_many_ask(pool, kms):
    vaults = [Vault(pool, kms, "gadget") for _ in range(4)]
    sealed = await asyncio.gather(*(vault.seal(ANN, HERE, b"a note") for vault in vaults for _ in range(8)))
    assert {each.key_id for each in sealed} == {str(key["id"]) for key in await keys_of(pool, ANN)}
    assert len({each.key_id for each in sealed}) == 1
    assert [await vaults[0].open(HERE, each) for each in sealed] == [b"a note"] * 32


async def test_a_field_put_under_another_tenants_key_does_not_open(vault):
    anns, bobs = await vault.seal(ANN, HERE, b"ann's"), await vault.seal(BOB, HERE, b"bob's")
    assert anns.key_id != bobs.key_id
    with pytest.raises(Unopenable):
        await vault.open(HERE, anns._replace(key_id=bobs.key_id))


async def test_a_wrapped_key_put_in_another_tenants_place_is_refused_and_no_other_with_it(pool, vault, kms):
    anns, bobs = await vault.seal(ANN, HERE, b"ann's"), await vault.seal(BOB, HERE, b"bob's")
    await pool.execute(
        "UPDATE tenant_keys k SET wrapped = o.wrapped FROM tenant_keys o WHERE k.id = $1 AND o.id = $2",
        bobs.key_id,
        anns.key_id,
    )
    fresh = Vault(pool, kms, "gadget")
    found = await asyncio.gather(fresh.open(HERE, bobs), fresh.open(HERE, anns), return_exceptions=True)
    assert isinstance(found[0], KeyRefused)
    assert found[1] == b"ann's"


async def test_a_key_of_another_schema_is_refused(pool, vault, kms):
    sealed = await vault.seal(ANN, HERE, b"a note")
    with pytest.raises(KeyRefused):
        await Vault(pool, kms, "widget").open(HERE, sealed)


async def test_a_key_seals_so_many_messages_and_then_another_does(pool, vault):
    sealed = [await vault.seal(ANN, HERE, b"a note") for _ in range(20)]
    per_key = [[each.key_id for each in sealed].count(str(key["id"])) for key in await keys_of(pool, ANN)]
    assert per_key == [8, 8, 4]
    assert [await vault.open(HERE, each) for each in sealed] == [b"a note"] * 20


async def test_two_replicas_together_seal_no_more_under_a_key_than_one(pool, kms):
    vaults = [Vault(pool, kms, "gadget", Bounds(together=4, messages=8)) for _ in range(2)]
    sealed = await asyncio.gather(*(vault.seal(ANN, HERE, b"a note") for vault in vaults for _ in range(30)))
    used = [each.key_id for each in sealed]
    assert max(map(used.count, used)) <= 8


async def test_a_retired_key_seals_no_more_after_a_while_and_still_opens(pool, vault, seconds):
    sealed = await vault.seal(ANN, HERE, b"a note")
    await pool.execute("UPDATE tenant_keys SET retired_at = now()")
    seconds.seconds += 61
    assert (await vault.seal(ANN, HERE, b"a note")).key_id != sealed.key_id
    assert await vault.open(HERE, sealed) == b"a note"


async def test_without_its_key_management_service_a_key_serves_on_for_a_bounded_time(vault, watched, seconds):
    sealed = await vault.seal(ANN, HERE, b"a note")
    watched.away = True
    seconds.seconds += 299
    assert await vault.open(HERE, sealed) == b"a note"
    seconds.seconds += 2
    for call in (vault.open(HERE, sealed), vault.seal(ANN, HERE, b"another"), vault.seal(BOB, HERE, b"another")):
        with pytest.raises(KmsUnavailable) as refused:
            await call
        assert name_of(ErrorTable("gadget.qpo", {}).status(refused.value)) == "UNAVAILABLE"
    watched.away = False
    assert await vault.open(HERE, sealed) == b"a note"


async def test_the_key_management_service_is_asked_once_for_many_who_open(pool, vault, watched, kms):
    sealed = [await vault.seal(ANN, HERE, b"a note") for _ in range(4)]
    reader = Vault(pool, watched, "gadget")
    watched.asked = 0
    assert await asyncio.gather(*(reader.open(HERE, each) for each in sealed * 10)) == [b"a note"] * 40
    assert watched.asked == 1


async def test_memory_holds_so_many_keys_and_no_more(pool, watched):
    vault = Vault(pool, watched, "gadget", Bounds(keys=2))
    sealed = [await vault.seal(str(uuid.uuid4()), HERE, b"a note") for _ in range(3)]
    watched.asked = 0
    for each in (*sealed[1:], sealed[0]):
        await vault.open(HERE, each)
    assert watched.asked == 1


async def test_what_a_destroyed_key_sealed_never_opens_again(pool, vault, kms):
    sealed = await vault.seal(ANN, HERE, b"a note")
    async with pool.acquire() as connection, connection.transaction():
        await vault.destroy(connection, ANN)
    for each in (vault, Vault(pool, kms, "gadget")):
        with pytest.raises(KeyGone):
            await each.open(HERE, sealed)


async def test_no_key_goes_while_a_row_lies_under_it(pool, vault):
    sealed = await vault.seal(ANN, HERE, b"a note")
    insert = "INSERT INTO notes (id, tenant_id, body, key_id) VALUES (gen_random_uuid(), $1, $2, $3)"
    await pool.execute(insert, ANN, sealed.body, sealed.key_id)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await vault.destroy(pool, ANN)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await pool.execute(insert, ANN, sealed.body, str(uuid.uuid4()))


async def test_a_key_that_is_kept_in_a_transaction_goes_with_it(pool, vault):
    fresh = await vault.fresh(ANN)
    with pytest.raises(ZeroDivisionError):
        async with pool.acquire() as connection, connection.transaction():
            await vault.keep(connection, fresh)
            raise ZeroDivisionError
    assert await keys_of(pool, ANN) == []
    async with pool.acquire() as connection, connection.transaction():
        await vault.keep(connection, fresh)
    assert await vault.open(HERE, fresh.key.seal(HERE, b"a note")) == b"a note"
    with pytest.raises(ValueError, match="has a key already"):
        await vault.keep(pool, await vault.fresh(ANN))


async def test_an_index_is_the_same_for_all_replicas_and_over_restarts(pool, kms):
    indexes = await asyncio.gather(*(Vault(pool, kms, "gadget").index("index of body") for _ in range(4)))
    assert len({index.of("ann@example.com") for index in indexes}) == 1
    another = await Vault(pool, kms, "gadget").index("index of title")
    assert another.of("ann@example.com") != indexes[0].of("ann@example.com")


async def test_an_index_whose_key_is_imported_goes_on_as_before(pool, kms):
    imported = await Vault(pool, kms, "gadget").index("index of body", b"k" * 32)
    kept = await Vault(pool, kms, "gadget").index("index of body", b"x" * 32)
    assert kept.of("ann@example.com") == imported.of("ann@example.com")
    rows = await pool.fetch("SELECT wrapped FROM tenant_keys")
    assert [b"k" * 32 in row["wrapped"] for row in rows] == [False]
