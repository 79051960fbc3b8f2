"""qpo.auth.v1.ApiKeyService over a real server and a real PostgreSQL."""

import time
import uuid
from dataclasses import dataclass

import grpc
import pytest
from pyotp import TOTP
from qpo.auth.v1 import api_key_service_pb2 as pb
from qpo.auth.v1 import audit_service_pb2 as audit_pb
from qpo.auth.v1 import second_factor_service_pb2 as second_pb
from qpo.auth.v1 import user_pb2, user_service_pb2
from qpo.auth.v1.api_key_service_pb2_grpc import ApiKeyServiceStub
from qpo.auth.v1.second_factor_service_pb2_grpc import SecondFactorServiceStub
from qpo.auth.v1.user_service_pb2_grpc import UserServiceStub

from services.auth.domain.api_keys import read, written
from tests.fixtures.auth import PASSWORD, bearer, claims_of, refused

SCOPES = ["read:portfolio", "run:optimization"]


@dataclass
class Account:
    """Somebody who is logged in."""

    stub: ApiKeyServiceStub
    token: str
    user_id: str

    async def create(self, scopes=SCOPES, token=None, **changes):
        given = {"name": "nightly", "valid_days": 30, "password": PASSWORD} | changes
        request = pb.CreateApiKeyRequest(scopes=scopes, **given)
        return await self.stub.CreateApiKey(request, metadata=bearer(token or self.token))

    async def list(self, token=None):
        answer = await self.stub.ListApiKeys(pb.ListApiKeysRequest(), metadata=bearer(token or self.token))
        return list(answer.api_keys)

    async def delete(self, key_id, token=None):
        request = pb.DeleteApiKeyRequest(key_id=key_id)
        await self.stub.DeleteApiKey(request, metadata=bearer(token or self.token))

    async def exchange(self, key):
        return await self.stub.ExchangeApiKey(pb.ExchangeApiKeyRequest(key=key))


async def someone(auth, email="ann@example.com"):
    user = await auth.register(email)
    return Account(ApiKeyServiceStub(auth.channel), (await auth.login(email)).access_token, user.id)


@pytest.fixture
async def ann(auth):
    return await someone(auth)


async def test_a_key_is_exchanged_for_a_token_that_may_what_the_key_may(auth, ann):
    made = await ann.create()
    assert made.key.startswith("qpo_")
    assert len(made.key) == 75
    assert made.api_key.expires_at.seconds - made.api_key.created_at.seconds == 30 * 86_400
    given = await ann.exchange(f"{made.key}\n")
    assert (given.token_type, given.expires_in, list(given.scopes)) == ("Bearer", 900, SCOPES)
    claims = claims_of(given.access_token)
    assert (claims["sub"], claims["scopes"], claims["key"]) == (ann.user_id, SCOPES, made.api_key.id)
    me = await auth.who_am_i(given.access_token)
    assert (me.user.id, list(me.scopes)) == (ann.user_id, SCOPES)


async def test_keys_are_listed_newest_first_without_their_secrets_and_with_when_they_were_used(ann):
    first, second = [await ann.create(name=name) for name in ("first", "second")]
    assert await ann.list() == [second.api_key, first.api_key]
    before = time.time()
    await ann.exchange(first.key)
    [untouched, used] = await ann.list()
    assert not untouched.HasField("last_used_at")
    assert used.last_used_at.seconds % 3600 == used.last_used_at.nanos == 0
    assert -60 < before - used.last_used_at.seconds < 3600
    assert first.key[26:69] not in str(await ann.list())


async def test_a_deleted_key_is_exchanged_for_nothing_at_once(ann):
    made = await ann.create()
    await ann.delete(made.api_key.id.upper())
    refusal = await refused(ann.exchange(made.key))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")
    refusal = await refused(ann.delete(made.api_key.id))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "API_KEY_NOT_FOUND")


async def test_somebody_elses_key_is_answered_as_one_that_is_not_there(auth, ann):
    bob = await someone(auth, "bob@example.com")
    made = await ann.create()
    theirs, absent = [await refused(bob.delete(key_id)) for key_id in (made.api_key.id, str(uuid.uuid4()))]
    assert vars(theirs) == vars(absent)
    assert await bob.list() == []
    assert await ann.exchange(made.key)


async def test_a_typing_error_is_told_from_a_key_that_does_not_count(ann):
    made = await ann.create()
    key_id, secret = read(made.key)
    refusal = await refused(ann.exchange(made.key[:-1] + ("A" if made.key[-1] != "A" else "B")))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "API_KEY_MISTYPED")
    assert refusal.fields == ["key"]
    guesses = (written(key_id, bytes(32)), written(str(uuid.uuid4()), secret))
    wrong, unknown = [await refused(ann.exchange(guess)) for guess in guesses]
    assert wrong.reason == "API_KEY_INVALID"
    assert vars(wrong) == vars(unknown)


async def test_a_key_that_has_ended_is_exchanged_for_nothing(auth_database, ann):
    made = await ann.create(valid_days=1)
    await auth_database[1].execute("UPDATE api_keys SET expires_at = now()")
    assert (await refused(ann.exchange(made.key))).reason == "API_KEY_INVALID"


async def test_a_key_may_not_what_its_owner_may_no_more(auth, ann):
    root = await auth.administrator()
    await auth.update_role(root, ann.user_id, user_pb2.ROLE_ADVISOR)
    ann.token = (await auth.login()).access_token
    both, one = await ann.create(["read:reports", "read:portfolio"]), await ann.create(["read:reports"])
    assert list((await ann.exchange(both.key)).scopes) == ["read:portfolio", "read:reports"]
    await auth.update_role(root, ann.user_id, user_pb2.ROLE_USER)
    assert list((await ann.exchange(both.key)).scopes) == ["read:portfolio"]
    assert (await refused(ann.exchange(one.key))).reason == "API_KEY_INVALID"


async def test_a_key_of_an_account_that_is_disabled_or_gone_is_exchanged_for_nothing(auth, ann):
    root, made = await auth.administrator(), await ann.create()
    users = UserServiceStub(auth.channel)
    disable = user_service_pb2.DisableUserRequest(user_id=ann.user_id)
    await users.DisableUser(disable, metadata=bearer(root))
    refusal = await refused(ann.exchange(made.key))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ACCOUNT_DISABLED")
    await users.EnableUser(user_service_pb2.EnableUserRequest(user_id=ann.user_id), metadata=bearer(root))
    assert await ann.exchange(made.key)
    await auth.delete(root, ann.user_id)
    assert (await refused(ann.exchange(made.key))).reason == "API_KEY_INVALID"


async def test_a_keys_token_touches_neither_keys_nor_account_nor_anybody_else(auth, ann):
    """Not even that of an administrator's key with all that a key can be given."""
    await auth.bootstrap()
    root = (await auth.login("root@example.com")).access_token
    made = await ann.create(["read:all", "write:all", "ingest:ticks"], token=root)
    machine = (await ann.exchange(made.key)).access_token
    owner, second = claims_of(root)["sub"], SecondFactorServiceStub(auth.channel)
    for call in (
        ann.create(token=machine),
        ann.list(token=machine),
        ann.delete(made.api_key.id, token=machine),
        second.BeginSecondFactor(second_pb.BeginSecondFactorRequest(password=PASSWORD), metadata=bearer(machine)),
        second.ConfirmSecondFactor(second_pb.ConfirmSecondFactorRequest(code="123456"), metadata=bearer(machine)),
        second.RemoveSecondFactor(
            second_pb.RemoveSecondFactorRequest(password=PASSWORD, code="123456"), metadata=bearer(machine)
        ),
        auth.logout_everywhere(machine, owner),
        auth.delete(machine, owner),
    ):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "LOGIN_REQUIRED")
    users = UserServiceStub(auth.channel)
    for call in (
        auth.update_role(machine, ann.user_id, user_pb2.ROLE_ADMIN),
        auth.unlock(machine, ann.user_id),
        users.ListUsers(user_service_pb2.ListUsersRequest(), metadata=bearer(machine)),
        users.DisableUser(user_service_pb2.DisableUserRequest(user_id=ann.user_id), metadata=bearer(machine)),
        users.ResetSecondFactor(
            user_service_pb2.ResetSecondFactorRequest(user_id=ann.user_id), metadata=bearer(machine)
        ),
        auth.trail.ListAuditEvents(audit_pb.ListAuditEventsRequest(), metadata=bearer(machine)),
    ):
        assert (await refused(call)).metadata == {"scope": "admin:users"}


async def test_a_key_has_no_scope_that_its_maker_lacks_and_none_administers(ann):
    refusal = await refused(ann.create(["read:portfolio", "ingest:ticks"]))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert refusal.metadata == {"scope": "ingest:ticks"}
    assert (await refused(ann.create(["admin:users"]))).fields == ["scopes[0]"]


async def test_a_stolen_token_makes_no_key(auth, ann):
    assert (await refused(ann.create(password="another password"))).reason == "BAD_CREDENTIALS"
    second = SecondFactorServiceStub(auth.channel)
    begin = second_pb.BeginSecondFactorRequest(password=PASSWORD)
    totp = TOTP((await second.BeginSecondFactor(begin, metadata=bearer(ann.token))).secret)
    confirm = second_pb.ConfirmSecondFactorRequest(code=totp.now())
    [recovery, *_] = (await second.ConfirmSecondFactor(confirm, metadata=bearer(ann.token))).recovery_codes
    assert (await refused(ann.create())).reason == "SECOND_FACTOR_REQUIRED"
    assert (await refused(ann.create(code="WRONG-CODE"))).reason == "SECOND_FACTOR_WRONG"
    assert await ann.exchange((await ann.create(code=recovery)).key)
    await auth.logout_everywhere(ann.token, ann.user_id)
    for call in (ann.create(), ann.list(), ann.delete(str(uuid.uuid4()))):
        assert (await refused(call)).reason == "TOKEN_SUPERSEDED"


async def test_an_account_has_fifty_keys_and_no_more(auth_database, ann):
    made = await ann.create()
    await auth_database[1].execute(
        "INSERT INTO api_keys SELECT gen_random_uuid(), user_id, tenant_id, name, key_id, scopes, fingerprint,"
        " created_at, expires_at FROM api_keys, generate_series(2, 50)"
    )
    refusal = await refused(ann.create())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOO_MANY_API_KEYS")
    await ann.delete(made.api_key.id)
    assert await ann.create()


async def test_a_key_is_exchanged_so_often_and_an_address_tries_so_often(auth_database, serve_auth, ann):
    made, other = await ann.create(), await ann.create()
    async with serve_auth(auth_database[1], attempts_per_key="3 per 13 minutes") as auth:
        ann.stub = ApiKeyServiceStub(auth.channel)
        for _ in range(3):
            await ann.exchange(made.key)
        refusal = await refused(ann.exchange(made.key))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")
        assert await ann.exchange(other.key)
    address = (("x-forwarded-for", f"198.51.100.{uuid.uuid4().int % 250}"),)
    guess = pb.ExchangeApiKeyRequest(key=written(str(uuid.uuid4()), bytes(32)))
    async with serve_auth(auth_database[1], attempts_per_address="3 per 53 minutes") as auth:
        stub = ApiKeyServiceStub(auth.channel)
        reasons = [(await refused(stub.ExchangeApiKey(guess, metadata=address))).reason for _ in range(4)]
        assert reasons == ["API_KEY_INVALID"] * 3 + ["TOO_MANY_ATTEMPTS"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 65}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read:everything"]}, "scopes[0]"),
        ({"scopes": ["read:all", "read:all"]}, "scopes"),
        ({"valid_days": 0}, "valid_days"),
        ({"valid_days": 366}, "valid_days"),
        ({"password": ""}, "password"),
    ],
)
async def test_a_request_against_the_contract_names_the_field(ann, changes, field):
    assert (await refused(ann.create(**changes))).fields == [field]


async def test_all_of_it_is_written_down(auth, clean_trail):
    root, ann = await auth.administrator(), await someone(auth)
    made = await ann.create()
    await ann.exchange(made.key)
    machine = (await ann.exchange(made.key)).access_token
    await refused(ann.create(token=machine))
    await ann.delete(made.api_key.id)
    await refused(ann.exchange(made.key))
    await refused(ann.delete(made.api_key.id))
    while await auth.audit.chain():
        continue
    listed = await auth.trail.ListAuditEvents(audit_pb.ListAuditEventsRequest(), metadata=bearer(root))
    events = list(listed.events)[::-1][4:]
    mine, key = f"user:{ann.user_id}", f"api_key:{made.api_key.id}"
    assert [
        (audit_pb.AuditAction.Name(event.action).removeprefix("AUDIT_ACTION_"), event.resource, event.result)
        for event in events
    ] == [
        ("API_KEY_CREATE", key, "OK"),
        ("USER_LOGIN", key, "OK"),
        ("USER_LOGIN", key, "OK"),
        ("API_KEY_CREATE", mine, "LOGIN_REQUIRED"),
        ("API_KEY_DELETE", key, "OK"),
        ("USER_LOGIN", key, "API_KEY_INVALID"),
        ("API_KEY_DELETE", key, "API_KEY_NOT_FOUND"),
    ]
    assert [event.user_id for event in events] == [*[ann.user_id] * 5, "", ann.user_id]


async def test_what_is_no_id_is_named(ann):
    assert (await refused(ann.delete("mine"))).fields == ["key_id"]
    assert (await refused(ann.exchange(""))).fields == ["key"]
