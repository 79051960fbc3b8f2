"""qpo.auth.v1 over a real server and a real PostgreSQL: who is let in, what they are given, and how it ends."""

import asyncio
import itertools
import uuid

import grpc
import jwt
import pytest
from qpo.auth.v1 import auth_service_pb2 as pb
from qpo.auth.v1 import user_pb2

from chassis.keys import keys_from
from tests.auth.severable import severable
from tests.auth.store import pool_of
from tests.fixtures.auth import EMAIL, PASSWORD, Refusal, claims_of, refused

AUTH = pb.DESCRIPTOR.services_by_name["AuthService"]


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


async def test_who_has_no_token_or_a_forged_one_is_nobody(auth, tokens):
    missing = await refused(auth.stub.WhoAmI(pb.WhoAmIRequest()))
    forged = await refused(auth.who_am_i(tokens.mint()))
    for refusal in (missing, forged):
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


async def test_an_account_deleted_since_its_token_was_signed_is_not_found(auth, auth_database):
    user = await auth.register()
    token = (await auth.login()).access_token
    await auth_database[1].execute("DELETE FROM users WHERE id = $1", user.id)
    refusal = await refused(auth.who_am_i(token))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")


async def test_a_flood_of_logins_is_refused_with_a_time_to_come_back(auth_database, serve_auth):
    async with serve_auth(auth_database[1], most_waiting=1) as auth:
        results = await asyncio.gather(*(auth.login("nobody@example.com") for _ in range(12)), return_exceptions=True)
    refusals = [Refusal(result) for result in results]
    assert {refusal.reason for refusal in refusals} == {"BAD_CREDENTIALS", "OVERLOADED"}
    overloaded = next(refusal for refusal in refusals if refusal.reason == "OVERLOADED")
    assert (overloaded.code, overloaded.retry) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 1.0)


async def test_an_account_that_was_tried_too_often_is_closed_whether_it_exists_or_not(auth_database, serve_auth):
    nobody = f"{uuid.uuid4().hex}@example.com"
    someone = f"{uuid.uuid4().hex}@example.com"
    async with serve_auth(auth_database[1], attempts_per_account="3 per 15 minutes") as auth:
        await auth.register(someone)
        found = {}
        for email in (someone, nobody):
            reasons = [(await refused(auth.login(email, "another password"))).reason for _ in range(3)]
            assert reasons == ["BAD_CREDENTIALS"] * 3
            found[email] = await refused(auth.login(email))
    for refusal in found.values():
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")
        assert 0 < refusal.retry <= 900
    assert found[someone].text == found[nobody].text


async def test_an_address_that_tried_too_often_neither_logs_in_nor_registers(auth_database, serve_auth):
    async def from_(address, call, request):
        # What the edge saw stands last; what stands before it is whatever the caller claims.
        return await call(request, metadata=(("x-forwarded-for", f"203.0.113.{uuid.uuid4().int % 250}, {address}"),))

    here, elsewhere = (f"198.51.100.{uuid.uuid4().int % 120 + half}" for half in (1, 121))
    async with serve_auth(auth_database[1], attempts_per_address="4 per 47 minutes") as auth:
        requests = [pb.LoginRequest(email=f"{uuid.uuid4().hex}@example.com", password=PASSWORD) for _ in range(4)]
        for request in requests:
            assert (await refused(from_(here, auth.stub.Login, request))).reason == "BAD_CREDENTIALS"
        account = pb.RegisterRequest(email=f"{uuid.uuid4().hex}@example.com", password=PASSWORD)
        for call, request in ((auth.stub.Login, requests[0]), (auth.stub.Register, account)):
            assert (await refused(from_(here, call, request))).reason == "TOO_MANY_ATTEMPTS"
        assert (await from_(elsewhere, auth.stub.Register, account)).user.id


async def test_without_its_store_auth_says_so_and_still_shows_its_keys(auth_database, serve_auth):
    async with severable(auth_database[0]) as way, pool_of(way.url) as pool, serve_auth(pool) as auth:
        await way.sever()
        for call in (auth.login(), auth.register(), auth.refresh("a token")):
            refusal = await refused(call)
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
            assert refusal.retry > 0
        assert len((await auth.stub.GetJwks(pb.GetJwksRequest())).keys) == 1
