"""qpo.auth.v1 over a real server and a real PostgreSQL: success of every RPC, and every reason to be refused."""

import asyncio
import itertools
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import jwt
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from qpo.auth.v1 import auth_service_pb2 as pb
from qpo.auth.v1 import user_pb2
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub

from chassis.keys import StaticKeys, keys_from
from chassis.serve import Server
from chassis.vault import Vault
from chassis.vault.kms_local import LocalKms
from services.auth.__main__ import wire
from services.auth.adapters.emails_sealed import emails_from
from services.auth.adapters.passwords_argon2 import Argon2Passwords
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.signing_keys_files import signer_from
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.settings import AuthSettings
from tests.auth.severable import severable
from tests.auth.store import pool_of
from tests.fixtures.recorder import RecordedChannel

EMAIL, PASSWORD = "ann@example.com", "wander-obelisk-42-tin"
AUTH = pb.DESCRIPTOR.services_by_name["AuthService"]


@dataclass
class Auth:
    """auth as a client sees it, and its key folder as its operator does."""

    stub: AuthServiceStub
    channel: grpc.aio.Channel
    keys_dir: object

    async def register(self, email=EMAIL, password=PASSWORD):
        return (await self.stub.Register(pb.RegisterRequest(email=email, password=password))).user

    async def login(self, email=EMAIL, password=PASSWORD):
        return (await self.stub.Login(pb.LoginRequest(email=email, password=password))).tokens

    async def refresh(self, token, request_id=""):
        return (await self.stub.Refresh(pb.RefreshRequest(refresh_token=token, request_id=request_id))).tokens

    async def who_am_i(self, access_token):
        return await self.stub.WhoAmI(pb.WhoAmIRequest(), metadata=bearer(access_token))

    async def bootstrap(self, secret=None, email="root@example.com", password=PASSWORD):
        secret = secret or (self.keys_dir / "bootstrap_secret").read_text().strip()
        request = pb.BootstrapAdminRequest(bootstrap_secret=secret, email=email, password=password)
        return (await self.stub.BootstrapAdmin(request)).user

    async def update_role(self, access_token, user_id, role):
        request = pb.UpdateRoleRequest(user_id=user_id, role=role)
        return (await self.stub.UpdateRole(request, metadata=bearer(access_token))).user

    async def delete(self, access_token, user_id):
        await self.stub.DeleteUser(pb.DeleteUserRequest(user_id=user_id), metadata=bearer(access_token))

    async def logout_everywhere(self, access_token, user_id):
        request = pb.LogoutEverywhereRequest(user_id=user_id)
        await self.stub.LogoutEverywhere(request, metadata=bearer(access_token))

    async def administrator(self):
        await self.bootstrap()
        return (await self.login("root@example.com")).access_token


def bearer(token):
    return (("authorization", f"Bearer {token}"),)


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


class Refusal:
    """What a refused call was told."""

    def __init__(self, error):
        self.code, self.text = error.code(), error.details()
        self.reason, self.metadata, self.fields, self.retry = None, {}, [], None
        for detail in rpc_status.from_call(error).details:
            info, request, retry = (
                error_details_pb2.ErrorInfo(),
                error_details_pb2.BadRequest(),
                error_details_pb2.RetryInfo(),
            )
            if detail.Unpack(info):
                self.reason, self.metadata = info.reason, dict(info.metadata)
                assert info.domain == "auth.qpo"
            elif detail.Unpack(request):
                self.fields = [violation.field for violation in request.field_violations]
            elif detail.Unpack(retry):
                self.retry = retry.retry_delay.ToMilliseconds() / 1000


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return Refusal(caught.value)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database(make_database):
    url = make_database()
    async with pool_of(url) as pool:
        yield url, pool


@pytest.fixture(scope="module")
def keyring(tmp_path_factory):
    """Of the keys in that database."""
    return tmp_path_factory.mktemp("keys") / "keyring.json"


@pytest.fixture
def serve_auth(tmp_path, contract_record, keyring):
    """Serves auth on a pool while the block runs."""

    @asynccontextmanager
    async def serve(pool, most_waiting=200):
        keys_dir = tmp_path / "keys"
        settings = AuthSettings(
            port=0,
            metrics_port=0,
            keys_dir=keys_dir,
            keyring_file=keyring,
            database_url="unused",
            redis_url="unused",
        )
        signer, passwords = signer_from(keys_dir), Argon2Passwords(2, most_waiting)
        users = PostgresUsers(pool, await emails_from(Vault(pool, LocalKms(keyring), "auth"), keys_dir))
        service, offer = wire(settings, users, PostgresRefreshTokens(pool), passwords, signer)
        await offer()
        server = Server(settings, [service], StaticKeys(signer.verification_keys()))
        port = await server.start()
        await server.open()
        channel = RecordedChannel(grpc.aio.insecure_channel(f"127.0.0.1:{port}"), contract_record)
        try:
            yield Auth(AuthServiceStub(channel), channel, keys_dir)
        finally:
            await channel.close()
            await server.stop(0)
            passwords.close()

    return serve


@pytest_asyncio.fixture(loop_scope="session")
async def auth(database, serve_auth):
    _, pool = database
    await pool.execute("DELETE FROM users")
    async with serve_auth(pool) as served:
        yield served


async def test_who_registers_logs_in_and_asks_is_told_who_they_are(auth):
    registered = await auth.register("Ann@Example.com")
    answer = await auth.who_am_i((await auth.login("ANN@example.com")).access_token)
    assert answer.user == registered
    assert (registered.email, registered.roles) == (EMAIL, [user_pb2.ROLE_USER])
    assert (registered.tenant_id, registered.subscription_tier) == (registered.id, "free")
    assert uuid.UUID(registered.id).version == 7


async def test_who_am_i_shows_the_scopes_and_the_end_of_the_token(auth):
    await auth.register()
    token = (await auth.login()).access_token
    answer = await auth.who_am_i(token)
    assert list(answer.scopes) == claims_of(token)["scopes"] == sorted(answer.scopes)
    assert answer.expires_at.ToSeconds() == claims_of(token)["exp"]


async def test_a_login_gives_a_bearer_pair_and_the_user(auth):
    user = await auth.register()
    answer = await auth.stub.Login(pb.LoginRequest(email=EMAIL, password=PASSWORD))
    assert answer.user == user
    assert (answer.tokens.token_type, answer.tokens.expires_in) == ("Bearer", 900)
    assert len(answer.tokens.refresh_token) == 43


async def test_the_published_keys_verify_the_tokens_in_every_other_service(auth):
    await auth.register()
    token = (await auth.login()).access_token
    keys = (await auth.stub.GetJwks(pb.GetJwksRequest())).keys
    kid = jwt.get_unverified_header(token)["kid"]
    assert [key.kid for key in keys] == [kid]
    public = await keys_from(auth.channel, AUTH.methods_by_name["GetJwks"]).key(kid)
    claims = jwt.decode(token, public, algorithms=["EdDSA"], audience="qpo", issuer="https://auth.qpo")
    assert claims["tid"] == claims["sub"]


async def test_a_refresh_token_is_good_once_and_its_return_ends_the_family(auth):
    await auth.register()
    first = await auth.login()
    second = await auth.refresh(first.refresh_token)
    assert (await auth.who_am_i(second.access_token)).user.email == EMAIL
    for spent in (first, second):
        refusal = await refused(auth.refresh(spent.refresh_token))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")


async def test_of_fifty_refreshes_of_one_token_at_once_one_succeeds_and_the_family_ends(auth):
    await auth.register()
    token = (await auth.login()).refresh_token
    results = await asyncio.gather(*(auth.refresh(token) for _ in range(50)), return_exceptions=True)
    won = [result for result in results if isinstance(result, user_pb2.Tokens)]
    lost = [Refusal(result) for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert (len(won), len(lost)) == (1, 49)
    assert {refusal.reason for refusal in lost} == {"REFRESH_TOKEN_INVALID"}
    assert (await refused(auth.refresh(won[0].refresh_token))).reason == "REFRESH_TOKEN_INVALID"


async def test_of_a_hundred_refreshes_by_one_request_at_once_all_are_given_one_successor(auth):
    await auth.register()
    token, request = (await auth.login()).refresh_token, str(uuid.uuid4())
    spellings = itertools.cycle((request, request.upper()))
    given = await asyncio.gather(*(auth.refresh(token, next(spellings)) for _ in range(100)))
    [successor] = {each.refresh_token for each in given}
    assert len(successor) == 43
    assert (await auth.who_am_i(given[-1].access_token)).user.email == EMAIL
    assert await auth.refresh(successor, str(uuid.uuid4()))
    assert (await refused(auth.refresh(token, request))).reason == "REFRESH_TOKEN_INVALID"


async def test_a_spent_token_with_another_request_ends_the_family(auth):
    await auth.register()
    token = (await auth.login()).refresh_token
    successor = (await auth.refresh(token, str(uuid.uuid4()))).refresh_token
    assert (await refused(auth.refresh(token, str(uuid.uuid4())))).reason == "REFRESH_TOKEN_INVALID"
    assert (await refused(auth.refresh(successor))).reason == "REFRESH_TOKEN_INVALID"


async def test_a_request_id_is_a_uuid(auth):
    assert (await refused(auth.refresh("a token", "mine"))).fields == ["request_id"]


async def test_a_logout_ends_the_family_and_never_fails(auth):
    await auth.register()
    token = (await auth.login()).refresh_token
    for shown in (token, token, "never given"):
        await auth.stub.Logout(pb.LogoutRequest(refresh_token=shown))
    assert (await refused(auth.refresh(token))).reason == "REFRESH_TOKEN_INVALID"


async def test_an_email_is_taken_once_in_whatever_case(auth):
    await auth.register()
    refusal = await refused(auth.register("ANN@EXAMPLE.COM"))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "EMAIL_TAKEN")


@pytest.mark.parametrize("password", ["Password2024!", "ann@example.com", "qwertyuiopasdf"])
async def test_a_guessable_password_is_refused_by_its_field(auth, password):
    refusal = await refused(auth.register(password=password))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "WEAK_PASSWORD")
    assert refusal.fields == ["password"]


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [("no address", PASSWORD, "email"), (EMAIL, "too short", "password"), (EMAIL, "x" * 129, "password")],
)
async def test_a_request_against_the_contract_names_the_field(auth, email, password, field):
    refusal = await refused(auth.register(email, password))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert refusal.fields == [field]


async def test_a_wrong_password_and_an_unknown_email_are_refused_alike(auth):
    await auth.register()
    wrong = await refused(auth.login(password="another password"))
    unknown = await refused(auth.login("nobody@example.com"))
    assert (wrong.code, wrong.reason) == (grpc.StatusCode.UNAUTHENTICATED, "BAD_CREDENTIALS")
    assert vars(wrong) == vars(unknown)


async def test_the_secret_in_the_key_folder_makes_one_administrator(auth):
    admin = await auth.bootstrap()
    assert admin.roles == [user_pb2.ROLE_ADMIN]
    assert not (auth.keys_dir / "bootstrap_secret").exists()
    scopes = claims_of((await auth.login("root@example.com")).access_token)["scopes"]
    assert {"read:all", "write:all", "admin:users", "ingest:ticks", "read:portfolio", "run:optimization"} <= set(scopes)
    refusal = await refused(auth.bootstrap("whatever", "second@example.com"))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_BOOTSTRAPPED")


async def test_another_secret_makes_no_administrator(auth):
    refusal = await refused(auth.bootstrap("a guess"))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "BOOTSTRAP_SECRET_WRONG")
    assert (auth.keys_dir / "bootstrap_secret").exists()


async def test_of_two_bootstraps_at_once_one_succeeds(auth):
    calls = [auth.bootstrap(email=f"{number}@example.com") for number in range(2)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    lost = [Refusal(result) for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert [refusal.reason for refusal in lost] == ["ALREADY_BOOTSTRAPPED"]


async def test_an_administrator_gives_a_role_that_the_next_token_carries(auth):
    user, root = await auth.register(), await auth.administrator()
    old = await auth.login()
    for _ in range(2):
        changed = await auth.update_role(root, user.id.upper(), user_pb2.ROLE_ADVISOR)
        assert (changed.id, changed.roles) == (user.id, [user_pb2.ROLE_ADVISOR])
    before, after = claims_of(old.access_token), claims_of((await auth.refresh(old.refresh_token)).access_token)
    assert (before["ver"], after["ver"]) == (1, 2)
    assert set(after["scopes"]) - set(before["scopes"]) == {
        "read:client_portfolio",
        "write:client_portfolio",
        "read:reports",
    }


async def test_a_user_cannot_raise_themselves(auth):
    user = await auth.register()
    refusal = await refused(auth.update_role((await auth.login()).access_token, user.id, user_pb2.ROLE_ADMIN))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert refusal.metadata == {"scope": "admin:users"}


async def test_a_role_for_nobody_and_a_role_of_nothing_are_refused(auth):
    root = await auth.administrator()
    absent = await refused(auth.update_role(root, str(uuid.uuid4()), user_pb2.ROLE_USER))
    assert (absent.code, absent.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
    nothing = await refused(auth.update_role(root, "no uuid", user_pb2.ROLE_UNSPECIFIED))
    assert (nothing.code, sorted(nothing.fields)) == (grpc.StatusCode.INVALID_ARGUMENT, ["role", "user_id"])


async def test_a_logout_everywhere_ends_every_family_and_what_asks_for_the_present_account(auth):
    user, laptop, phone = await auth.register(), await auth.login(), await auth.login()
    await auth.register("bob@example.com")
    bob = await auth.login("bob@example.com")
    await auth.logout_everywhere(phone.access_token, user.id.upper())
    for each in (laptop, phone):
        assert (await refused(auth.refresh(each.refresh_token))).reason == "REFRESH_TOKEN_INVALID"
        assert (await auth.who_am_i(each.access_token)).user.email == EMAIL
        for call in (auth.logout_everywhere, auth.delete):
            refusal = await refused(call(each.access_token, user.id))
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_SUPERSEDED")
    assert await auth.refresh(bob.refresh_token)
    again = await auth.login()
    assert claims_of(again.access_token)["ver"] == claims_of(laptop.access_token)["ver"] + 1
    await auth.delete(again.access_token, user.id)


async def test_an_administrator_ends_anybodys_sessions_and_nobody_else_does(auth):
    user, root, mine = await auth.register(), await auth.administrator(), await auth.login()
    await auth.register("bob@example.com")
    bob = (await auth.login("bob@example.com")).access_token
    refusal = await refused(auth.logout_everywhere(bob, user.id))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    await auth.logout_everywhere(root, user.id)
    assert (await refused(auth.refresh(mine.refresh_token))).reason == "REFRESH_TOKEN_INVALID"
    assert (await refused(auth.logout_everywhere(root, str(uuid.uuid4())))).reason == "USER_NOT_FOUND"


async def test_an_administrator_who_is_one_no_longer_gives_no_role_with_the_old_token(auth):
    root = await auth.administrator()
    second = await auth.register("second@example.com")
    await auth.update_role(root, second.id, user_pb2.ROLE_ADMIN)
    token = (await auth.login("second@example.com")).access_token
    await auth.update_role(root, second.id, user_pb2.ROLE_USER)
    for call in (
        auth.update_role(token, second.id, user_pb2.ROLE_ADMIN),
        auth.delete(token, second.id),
        auth.logout_everywhere(token, second.id),
    ):
        assert (await refused(call)).reason == "TOKEN_SUPERSEDED"


async def test_a_user_deletes_their_own_account_and_everything_ends(auth):
    user, tokens = await auth.register(), await auth.login()
    await auth.delete(tokens.access_token, user.id.upper())
    for call, reason in (
        (auth.login(), "BAD_CREDENTIALS"),
        (auth.refresh(tokens.refresh_token), "REFRESH_TOKEN_INVALID"),
        (auth.who_am_i(tokens.access_token), "USER_NOT_FOUND"),
        (auth.delete(tokens.access_token, user.id), "USER_NOT_FOUND"),
    ):
        assert (await refused(call)).reason == reason
    assert (await auth.register()).id != user.id


async def test_an_administrator_deletes_anybody_and_nobody_else_does(auth):
    user, root = await auth.register(), await auth.administrator()
    await auth.register("bob@example.com")
    refusal = await refused(auth.delete((await auth.login("bob@example.com")).access_token, user.id))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert refusal.metadata == {"scope": "admin:users"}
    await auth.delete(root, user.id)
    assert (await refused(auth.delete(root, user.id))).code is grpc.StatusCode.NOT_FOUND


async def test_who_has_no_token_or_a_forged_one_is_nobody(auth, tokens):
    missing = await refused(auth.stub.WhoAmI(pb.WhoAmIRequest()))
    forged = await refused(auth.who_am_i(tokens.mint()))
    for refusal in (missing, forged):
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


async def test_an_account_deleted_since_its_token_was_signed_is_not_found(auth, database):
    user = await auth.register()
    token = (await auth.login()).access_token
    await database[1].execute("DELETE FROM users WHERE id = $1", user.id)
    refusal = await refused(auth.who_am_i(token))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")


async def test_a_flood_of_logins_is_refused_with_a_time_to_come_back(database, serve_auth):
    async with serve_auth(database[1], most_waiting=1) as auth:
        results = await asyncio.gather(*(auth.login("nobody@example.com") for _ in range(12)), return_exceptions=True)
    refusals = [Refusal(result) for result in results]
    assert {refusal.reason for refusal in refusals} == {"BAD_CREDENTIALS", "OVERLOADED"}
    overloaded = next(refusal for refusal in refusals if refusal.reason == "OVERLOADED")
    assert (overloaded.code, overloaded.retry) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 1.0)


async def test_without_its_store_auth_says_so_and_still_shows_its_keys(database, serve_auth):
    async with severable(database[0]) as way, pool_of(way.url) as pool, serve_auth(pool) as auth:
        await way.sever()
        for call in (auth.login(), auth.register(), auth.refresh("a token")):
            refusal = await refused(call)
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
            assert refusal.retry > 0
        assert len((await auth.stub.GetJwks(pb.GetJwksRequest())).keys) == 1
