"""qpo.auth.v1.UserService over a real server and a real PostgreSQL."""

import uuid

import grpc
import pytest
from qpo.auth.v1 import user_service_pb2 as pb
from qpo.auth.v1.user_service_pb2_grpc import UserServiceStub

from tests.fixtures.auth import EMAIL, bearer, claims_of, refused


@pytest.fixture
async def root(auth):
    return await auth.administrator()


@pytest.fixture
def users(auth):
    return UserServiceStub(auth.channel)


async def test_accounts_are_listed_newest_first_page_by_page(auth, users, root):
    made = [await auth.register(f"{number}@example.com") for number in range(4)]
    seen, token = [], ""
    while True:
        page = await users.ListUsers(pb.ListUsersRequest(page_size=2, page_token=token), metadata=bearer(root))
        seen += page.users
        token = page.next_page_token
        if not token:
            break
    assert seen[:4] == made[::-1]
    assert [user.email for user in seen[4:]] == ["root@example.com"]


async def test_an_account_is_found_by_its_address_in_whatever_case(auth, users, root):
    user = await auth.register()
    found = await users.ListUsers(pb.ListUsersRequest(email="ANN@example.com"), metadata=bearer(root))
    assert list(found.users) == [user]
    assert not (await users.ListUsers(pb.ListUsersRequest(email="nobody@example.com"), metadata=bearer(root))).users
    got = await users.GetUser(pb.GetUserRequest(user_id=user.id.upper()), metadata=bearer(root))
    assert got.user == user


async def test_a_page_token_of_another_filter_is_refused(auth, users, root):
    await auth.register()
    page = await users.ListUsers(pb.ListUsersRequest(page_size=1), metadata=bearer(root))
    other = pb.ListUsersRequest(email=EMAIL, page_token=page.next_page_token)
    assert (await refused(users.ListUsers(other, metadata=bearer(root)))).reason == "PAGE_TOKEN_INVALID"


async def test_nobody_is_let_in_to_a_disabled_account_until_it_is_enabled(auth, users, root):
    user, tokens = await auth.register(), await auth.login()
    for _ in range(2):
        disabled = await users.DisableUser(pb.DisableUserRequest(user_id=user.id), metadata=bearer(root))
        assert disabled.user.HasField("disabled_at")
    refusal = await refused(auth.login())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ACCOUNT_DISABLED")
    assert (await refused(auth.login(password="a-wrong-password"))).reason == "BAD_CREDENTIALS"
    assert (await refused(auth.refresh(tokens.refresh_token))).reason == "REFRESH_TOKEN_INVALID"
    assert (await refused(auth.delete(tokens.access_token, user.id))).reason == "TOKEN_SUPERSEDED"
    for _ in range(2):
        enabled = await users.EnableUser(pb.EnableUserRequest(user_id=user.id), metadata=bearer(root))
        assert not enabled.user.HasField("disabled_at")
    assert (await refused(auth.refresh(tokens.refresh_token))).reason == "REFRESH_TOKEN_INVALID"
    assert (await auth.who_am_i((await auth.login()).access_token)).user == user


async def test_an_administrator_does_not_lock_themselves_out(users, root):
    own = pb.DisableUserRequest(user_id=claims_of(root)["sub"].upper())
    refusal = await refused(users.DisableUser(own, metadata=bearer(root)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "OWN_ACCOUNT")


async def test_what_is_not_there_is_not_found_and_what_is_no_id_is_named(users, root):
    for call, request in (
        (users.GetUser, pb.GetUserRequest),
        (users.DisableUser, pb.DisableUserRequest),
        (users.EnableUser, pb.EnableUserRequest),
    ):
        absent = await refused(call(request(user_id=str(uuid.uuid4())), metadata=bearer(root)))
        assert (absent.code, absent.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
        assert (await refused(call(request(user_id="me"), metadata=bearer(root)))).fields == ["user_id"]
