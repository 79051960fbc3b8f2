"""How addresses lie in the store, those from before there were keys per tenant too."""

import asyncio
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from prometheus_client import CollectorRegistry

from chassis.cache import Layers
from chassis.cache.memory import Memory
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.vault import KeyGone, Unopenable, Vault
from chassis.vault.kms_local import LocalKms
from chassis.vault.rotation import Rotation, RotationMeter
from services.auth.adapters.emails_aesgcm import OldEmails, name_of
from services.auth.adapters.emails_sealed import emails_from
from services.auth.adapters.users_cached import CachedUsers
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.domain.errors import EmailTaken, UserNotFound
from services.auth.domain.roles import Role
from services.auth.domain.user import Credentials, newcomer
from tests.auth.store import MIGRATIONS, pool_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OLD_KEY = secrets.token_bytes(32)


def someone(email="ann@example.com"):
    return newcomer(Uuid7Ids().new(), email, Role.USER, NOW)


async def found_by_email(users, email):
    return await users.get((await users.credentials(email)).user_id)


def sealed_before(user_id, email, key=OLD_KEY):
    """As it was sealed by the key in the file."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, email.encode(), b"auth.users.email:" + user_id.encode())


@pytest.fixture
async def users(empty_pool, emails, trail):
    return PostgresUsers(empty_pool, emails, trail)


async def test_nothing_in_the_users_table_shows_an_address(empty_pool, users):
    await users.add(someone(), "a hash")
    row = await empty_pool.fetchrow("SELECT u::text AS all_of_it, email FROM users u")
    assert "ann" not in row["all_of_it"]
    assert b"ann@example.com" not in row["email"]


async def test_a_sealed_address_moved_to_another_row_does_not_open(empty_pool, users):
    ann, bob = someone(), someone("bob@example.com")
    for user in (ann, bob):
        await users.add(user, "a hash")
    await empty_pool.execute(
        "UPDATE users u SET email = o.email, key_id = o.key_id FROM users o WHERE u.id = $1 AND o.id = $2",
        bob.id,
        ann.id,
    )
    with pytest.raises(Unopenable):
        await users.get(bob.id)
    assert await users.get(ann.id) == ann


async def test_every_tenant_has_a_key_of_its_own(empty_pool, users):
    for user in (someone(), someone("bob@example.com")):
        await users.add(user, "a hash")
    keys = await empty_pool.fetch(
        "SELECT k.tenant_id = u.tenant_id AS own FROM users u JOIN tenant_keys k ON k.id = key_id"
    )
    assert [row["own"] for row in keys] == [True, True]


async def test_a_registration_that_fails_leaves_no_key(empty_pool, users):
    await users.add(someone(), "a hash")
    again = someone()
    with pytest.raises(EmailTaken):
        await users.add(again, "a hash")
    assert await empty_pool.fetchval("SELECT count(*) FROM tenant_keys WHERE tenant_id = $1", again.tenant_id) == 0


async def test_a_deleted_account_takes_its_tenants_keys_with_it(empty_pool, users, emails):
    user = someone()
    await users.add(user, "a hash")
    copied = await empty_pool.fetchrow("SELECT * FROM users WHERE id = $1", user.id)
    assert await emails.open(copied) == user.email
    await users.remove(user.id, NOW)
    assert await empty_pool.fetchval("SELECT count(*) FROM tenant_keys WHERE tenant_id = $1", user.tenant_id) == 0
    with pytest.raises(KeyGone):
        await emails.open(copied)


async def test_a_tenant_that_has_another_account_keeps_its_keys(empty_pool, users):
    ann, bob = someone(), someone("bob@example.com")
    for user in (ann, bob):
        await users.add(user, "a hash")
    await empty_pool.execute("UPDATE users SET tenant_id = $2 WHERE id = $1", bob.id, ann.tenant_id)
    await users.remove(bob.id, NOW)
    assert await users.get(ann.id) == ann


class Deleting:
    """Opens an address only after its account was deleted."""

    def __init__(self, users, emails):
        self._users, self._emails = users, emails

    async def open(self, row):
        await self._users.remove(str(row["id"]), NOW)
        return await self._emails.open(row)

    def index(self, email):
        return self._emails.index(email)


async def test_an_account_that_is_deleted_while_it_is_read_is_not_there(empty_pool, users, emails, trail):
    for look in (lambda during, user: during.get(user.id), lambda during, _: during.page(None, 1)):
        user = someone()
        await users.add(user, "a hash")
        during = PostgresUsers(empty_pool, Deleting(users, emails), trail)
        try:
            found = await look(during, user)
        except UserNotFound:
            found = None
        assert not found


OLD_INDEX = secrets.token_bytes(32)


@pytest.fixture
async def before(empty_pool, auth_keyring, tmp_path):
    """Accounts from before there were keys per tenant, sealed by a key that was replaced once; and the service now."""
    await empty_pool.execute("DELETE FROM tenant_keys WHERE purpose LIKE 'index%'")
    for name, key in (("email.retired-1.key", OLD_KEY), ("email.key", bytes(32)), ("email_index.key", OLD_INDEX)):
        (tmp_path / name).write_bytes(key)
        (tmp_path / name).chmod(0o600)
    users = [someone(f"{number}@example.com") for number in range(20)]
    for user in users:
        await empty_pool.execute(
            "INSERT INTO users (id, tenant_id, email, email_key_id, email_index, password_hash, roles, created_at)"
            " VALUES ($1, $2, $3, $4, $5, 'a hash', '{user}', $6)",
            user.id,
            user.tenant_id,
            sealed_before(user.id, user.email),
            name_of(OLD_KEY),
            hmac.digest(OLD_INDEX, user.email.encode(), hashlib.sha256),
            NOW,
        )

    async def started():
        return await emails_from(Vault(empty_pool, LocalKms(auth_keyring), "auth"), tmp_path)

    return users, started


async def test_an_address_from_before_opens_and_is_found_as_before(empty_pool, before, tmp_path, trail):
    [user, *_], started = before
    assert await found_by_email(PostgresUsers(empty_pool, await started(), trail), user.email) == user
    (tmp_path / "email_index.key").unlink()
    assert await found_by_email(PostgresUsers(empty_pool, await started(), trail), user.email) == user


async def test_addresses_from_before_come_under_their_tenants_keys_and_the_old_key_can_go(
    empty_pool, before, tmp_path, trail
):
    """While they are read, by replicas with caches and without; nothing of it shows."""
    users, started = before
    emails, registry = await started(), CollectorRegistry()
    plain = PostgresUsers(empty_pool, emails, trail)
    cached = CachedUsers(empty_pool, await started(), trail, Layers("user", Memory(), None, registry), lambda: None)
    rotation = Rotation(empty_pool, emails.vault, [emails.column()], RotationMeter(registry), clock=SystemClock())
    over = asyncio.Event()

    async def reading(store):
        while not over.is_set():
            for user in users:
                assert await store.get(user.id) == user

    readers = [asyncio.create_task(reading(store)) for store in (plain, cached)]
    await rotation.turn()
    over.set()
    await asyncio.gather(*readers)
    assert await empty_pool.fetchval("SELECT count(*) FROM users WHERE key_id IS NULL OR email_key_id IS NOT NULL") == 0
    assert registry.get_sample_value("vault_rows_left", {"column": "auth.users.email"}) == 0
    for file in tmp_path.iterdir():
        file.unlink()
    later = PostgresUsers(empty_pool, await started(), trail)
    for user in users:
        assert await found_by_email(later, user.email) == user


async def test_the_migration_keeps_addresses_from_before(migrated_earlier, superuser, tmp_path, trail):
    url = await migrated_earlier("auth", MIGRATIONS, "0002")
    user = someone()
    await superuser.execute(
        "INSERT INTO auth.users (id, tenant_id, email, email_key_id, email_index, password_hash, roles)"
        " VALUES ($1, $2, $3, $4, $5, 'a hash', '{user}')",
        user.id,
        user.tenant_id,
        sealed_before(user.id, user.email),
        name_of(OLD_KEY),
        hmac.digest(OLD_INDEX, user.email.encode(), hashlib.sha256),
    )
    for name, key in (("email.key", OLD_KEY), ("email_index.key", OLD_INDEX)):
        (tmp_path / name).write_bytes(key)
        (tmp_path / name).chmod(0o600)
    async with pool_of(url) as pool:
        emails = await emails_from(Vault(pool, LocalKms(tmp_path / "keyring.json"), "auth"), tmp_path)
        assert (await found_by_email(PostgresUsers(pool, emails, trail), user.email)).email == user.email


def test_an_address_from_before_moved_to_another_row_does_not_open():
    with pytest.raises(InvalidTag):
        OldEmails([OLD_KEY]).open("bob", name_of(OLD_KEY), sealed_before("ann", "ann@example.com"))


def test_a_missing_key_from_before_is_named():
    with pytest.raises(LookupError, match=name_of(OLD_KEY)):
        OldEmails([]).open("ann", name_of(OLD_KEY), sealed_before("ann", "ann@example.com"))


async def test_nothing_is_opened_to_compare_a_password(empty_pool, users, trail):
    """It would take longer than there is to do for an account that does not exist."""

    class Unopened:
        index = staticmethod(users._emails.index)

        async def open(self, row):
            raise AssertionError("opened")

    user = someone()
    await users.add(user, "a hash")
    assert await PostgresUsers(empty_pool, Unopened(), trail).credentials(user.email) == Credentials(user.id, "a hash")
