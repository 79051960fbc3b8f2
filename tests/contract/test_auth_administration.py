"""qpo.auth.v1 over a real server and a real PostgreSQL: administrators, roles, the end of sessions and of accounts."""

import asyncio
import uuid

import grpc
from qpo.auth.v1 import user_pb2

from tests.fixtures.auth import EMAIL, Refusal, claims_of, refused


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


async def test_an_administrator_unlocks_an_account_that_was_closed(auth_database, serve_auth):
    email = f"{uuid.uuid4().hex}@example.com"
    await auth_database[1].execute("DELETE FROM users")
    async with serve_auth(auth_database[1], attempts_per_account="3 per 15 minutes") as auth:
        user, root = await auth.register(email), await auth.administrator()
        for _ in range(3):
            await refused(auth.login(email, "another password"))
        assert (await refused(auth.login(email))).reason == "TOO_MANY_ATTEMPTS"
        for _ in range(2):
            await auth.unlock(root, user.id.upper())
        token = (await auth.login(email)).access_token
        assert (await refused(auth.unlock(token, user.id))).reason == "SCOPE_MISSING"
        assert (await refused(auth.unlock(root, str(uuid.uuid4())))).reason == "USER_NOT_FOUND"


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
