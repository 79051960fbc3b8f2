"""AuditService over a real server and a real PostgreSQL: what is done, and what is refused, is written down."""

import asyncio
import uuid

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import CollectorRegistry
from qpo.auth.v1 import audit_service_pb2 as pb
from qpo.auth.v1 import auth_service_pb2
from qpo.auth.v1 import user_pb2 as users
from qpo.ml.v1 import ml_service_pb2
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub

from chassis.bus import PARTITIONS, START
from chassis.buses import open_bus
from chassis.clock import SystemClock
from chassis.consumers import Consumer
from chassis.ids import Uuid7Ids
from chassis.refusals import TOPIC, Refusals
from chassis.serve import Service
from services.auth.adapters.audit_sealed import audit_vault_from
from services.auth.adapters.heads_files import NEWEST
from services.auth.adapters.news_for_audit import subscriptions
from services.auth.adapters.trail_postgres import PostgresTrail
from services.ml.rpc.errors import ERRORS
from services.ml.rpc.servicer import MlServicer
from tests.fixtures.auth import EMAIL, PASSWORD, bearer, refused

HERE = "192.0.2.44"


@pytest.fixture
async def root(auth, clean_trail):
    return await auth.administrator()


async def events(auth, root, **asked):
    while await auth.audit.chain():
        continue
    request = pb.ListAuditEventsRequest(**asked)
    return (await auth.trail.ListAuditEvents(request, metadata=bearer(root))).events


async def said(auth, root, **asked):
    """Actions with results, oldest first."""
    found = await events(auth, root, **asked)
    return [(pb.AuditAction.Name(event.action).removeprefix("AUDIT_ACTION_"), event.result) for event in found][::-1]


async def test_a_walk_through_auth_is_written_down_step_by_step(auth, root):
    user = await auth.register()
    await refused(auth.login(password="a-wrong-password"))
    tokens = await auth.login()
    await refused(auth.update_role(tokens.access_token, user.id, users.ROLE_ADMIN))
    await auth.update_role(root, user.id, users.ROLE_ADVISOR)
    await auth.stub.Logout(auth_service_pb2.LogoutRequest(refresh_token=tokens.refresh_token))
    await refused(auth.refresh(tokens.refresh_token))
    again = await auth.login()
    await auth.refresh(again.refresh_token)
    await refused(auth.refresh(again.refresh_token))
    await auth.delete((await auth.login()).access_token, user.id)
    assert (await said(auth, root))[2:] == [
        ("USER_REGISTER", "OK"),
        ("USER_LOGIN", "BAD_CREDENTIALS"),
        ("USER_LOGIN", "OK"),
        ("ADMIN_ACTION", "SCOPE_MISSING"),
        ("ADMIN_ACTION", "OK"),
        ("USER_LOGOUT", "OK"),
        ("USER_LOGIN", "OK"),
        ("USER_LOGIN", "REFRESH_TOKEN_INVALID"),
        ("SECURITY_ALARM", "REFRESH_TOKEN_REUSED"),
        ("USER_LOGIN", "OK"),
        ("USER_DELETE", "OK"),
    ]
    assert (await said(auth, root))[:2] == [("ADMIN_ACTION", "OK"), ("USER_LOGIN", "OK")]


async def test_an_event_says_who_did_what_to_whom_from_where_and_with_what(auth, root):
    user = await auth.register()
    request = auth_service_pb2.UpdateRoleRequest(user_id=user.id, role=users.ROLE_ADVISOR)
    whence = (("x-forwarded-for", f"203.0.113.1, {HERE}"),)
    await auth.stub.UpdateRole(request, metadata=(*bearer(root), *whence))
    login = auth_service_pb2.LoginRequest(email=EMAIL, password="a-wrong-password")
    await refused(auth.stub.Login(login, metadata=whence))
    refusal, given, *_ = await events(auth, root)
    assert (given.resource, given.ip_address) == (f"user:{user.id}", HERE)
    assert given.user_agent.startswith("grpc-python-asyncio/")
    assert uuid.UUID(given.user_id) != uuid.UUID(user.id)
    assert (refusal.user_id, refusal.ip_address, refusal.result) == ("", HERE, "BAD_CREDENTIALS")
    assert refusal.resource.startswith("account:")
    assert EMAIL not in str(refusal)
    assert refusal.seq == given.seq + 1


async def test_an_account_that_is_tried_is_recognised_whether_it_exists_or_not(auth, root):
    await auth.register()
    for email in (EMAIL, "nobody@example.com", EMAIL.upper(), "nobody@example.com"):
        await refused(auth.login(email, "a-wrong-password"))
    found = [event.resource for event in await events(auth, root, result="BAD_CREDENTIALS")]
    assert (found[0], found[1]) == (found[2], found[3])
    assert found[0] != found[1]


async def test_what_anybody_could_make_any_number_of_is_not_written_down(auth, root):
    before = len(await events(auth, root))
    await refused(auth.refresh("never given"))
    await refused(auth.who_am_i("no token"))
    await refused(auth.register("no address"))
    await refused(auth.trail.ListAuditEvents(pb.ListAuditEventsRequest()))
    assert len(await events(auth, root)) == before


async def test_what_another_service_refused_is_in_the_trail_once(
    auth, auth_database, root, redis_url, tokens, serve_in_process
):
    """A real door refuses, a real bus carries it, twice, and auth's consumer writes it down."""
    _, pool = auth_database
    trail = PostgresTrail(pool, audit_vault_from(auth.keys_dir), Uuid7Ids(), SystemClock())
    contract = ml_service_pb2.DESCRIPTOR.services_by_name["MlService"]
    async with open_bus(redis_url) as bus:
        refusals = Refusals(bus, CollectorRegistry())
        channel = await serve_in_process(Service(contract, MlServicer(None, None), ERRORS, refusals))
        user = "0199aaaa-0000-7000-8000-000000000007"
        metadata = (*tokens.metadata(user, scopes=["read:portfolio"]), ("x-forwarded-for", HERE))
        with pytest.raises(grpc.aio.AioRpcError, match="PERMISSION_DENIED"):
            await MlServiceStub(channel).EstimateMoments(ml_service_pb2.EstimateMomentsRequest(), metadata=metadata)
        await refusals.close(5.0)
        [message] = [each.message for each in await bus.read(TOPIC, dict.fromkeys(range(PARTITIONS), START), 10)]
        await bus.publish(TOPIC, [message], "again")
        [told] = [each for each in subscriptions(trail) if each.topic == TOPIC]
        consumer = Consumer(pool, bus, told)
        running = asyncio.ensure_future(consumer.run())
        try:
            async with asyncio.timeout(20):
                while not await events(auth, root, user_id=user):  # noqa: ASYNC110 - PostgreSQL rings no bell
                    await asyncio.sleep(0.02)
            await consumer.catch_up()
        finally:
            running.cancel()
            await asyncio.wait([running])
        [event] = await events(auth, root, user_id=user)
    assert (event.action, event.method) == (pb.AUDIT_ACTION_CALL, "/qpo.ml.v1.MlService/EstimateMoments")
    assert (event.result, event.ip_address, event.resource) == ("SCOPE_MISSING", HERE, "")
    assert event.user_agent.startswith("grpc-python-asyncio/")


async def test_calls_of_auth_s_own_that_were_too_many_are_in_the_trail_once(auth_database, serve_auth, clean_trail):
    _, pool = auth_database
    await pool.execute("DELETE FROM users")
    async with serve_auth(pool, limit_methods={"WhoAmI": "2 per day"}) as auth:
        root = await auth.administrator()
        for _ in range(2):
            await auth.who_am_i(root)
        for _ in range(3):
            refusal = await refused(auth.who_am_i(root))
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS")
        [event] = await events(auth, root, action=pb.AUDIT_ACTION_CALL)
    assert (event.result, event.method) == ("TOO_MANY_CALLS", "/qpo.auth.v1.AuthService/WhoAmI")


async def test_filters_and_pages(auth, root):
    user = await auth.register()
    for _ in range(5):
        await refused(auth.login(password="a-wrong-password"))
    assert len(await events(auth, root, result="BAD_CREDENTIALS")) == 5
    assert len(await events(auth, root, user_id=user.id.upper())) == 1
    assert len(await events(auth, root, action=pb.AUDIT_ACTION_USER_REGISTER)) == 1
    assert await events(auth, root, start=Timestamp(seconds=4_000_000_000)) == []
    assert await events(auth, root, end=Timestamp(seconds=1)) == []
    seen, token = [], ""
    while True:
        request = pb.ListAuditEventsRequest(page_size=3, page_token=token)
        page = await auth.trail.ListAuditEvents(request, metadata=bearer(root))
        seen += [event.seq for event in page.events]
        token = page.next_page_token
        if not token:
            break
    assert seen == list(range(len(seen), 0, -1))


async def test_a_page_token_of_another_filter_is_refused(auth, root):
    await events(auth, root)
    page = await auth.trail.ListAuditEvents(pb.ListAuditEventsRequest(page_size=1), metadata=bearer(root))
    other = pb.ListAuditEventsRequest(page_size=1, result="OK", page_token=page.next_page_token)
    refusal = await refused(auth.trail.ListAuditEvents(other, metadata=bearer(root)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"user_id": "no uuid"}, "user_id"),
        ({"action": 99}, "action"),
        ({"page_size": 1001}, "page_size"),
        ({"start": Timestamp(seconds=10**15)}, "start"),
        ({"end": Timestamp(nanos=2**31 - 1)}, "end"),
        ({"end": Timestamp(seconds=-(2**62), nanos=-1)}, "end"),
    ],
)
async def test_a_request_against_the_contract_names_the_field(auth, root, asked, field):
    refusal = await refused(auth.trail.ListAuditEvents(pb.ListAuditEventsRequest(**asked), metadata=bearer(root)))
    assert refusal.fields == [field]


async def verdict(auth, root):
    messages = [message async for message in auth.trail.VerifyAudit(pb.VerifyAuditRequest(), metadata=bearer(root))]
    assert all(message.outcome == pb.AUDIT_OUTCOME_UNSPECIFIED for message in messages[:-1])
    return messages[-1]


async def test_an_intact_trail_is_said_to_be_and_a_broken_one_names_the_first_event(auth, root, trail_owner):
    for _ in range(4):
        await refused(auth.login(password="a-wrong-password"))
    count = len(await events(auth, root))
    last = await verdict(auth, root)
    assert (last.outcome, last.verified, last.total) == (pb.AUDIT_OUTCOME_INTACT, count, count)
    await trail_owner.execute("SET session_replication_role = replica")
    await trail_owner.execute("UPDATE audit SET result = 'OK' WHERE seq = 3")
    last = await verdict(auth, root)
    assert (last.outcome, last.first_broken, last.verified) == (pb.AUDIT_OUTCOME_BROKEN, 3, 2)
    assert "not as it was written" in last.problem


async def test_a_forged_head_is_told(auth, root):
    await events(auth, root)
    head = auth.keys_dir / "audit_heads" / NEWEST
    head.write_text(head.read_text().replace('"seq": ', '"seq": 1'))
    stream = auth.trail.VerifyAudit(pb.VerifyAuditRequest(), metadata=bearer(root))
    refusal = await refused(stream.read())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.DATA_LOSS, "AUDIT_HEAD_FORGED")


async def test_only_an_administrator_reads_the_trail(auth, root):
    await auth.register()
    token = (await auth.login(password=PASSWORD)).access_token
    for call in (
        auth.trail.ListAuditEvents(pb.ListAuditEventsRequest(), metadata=bearer(token)),
        auth.trail.VerifyAudit(pb.VerifyAuditRequest(), metadata=bearer(token)).read(),
    ):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert [event.result for event in await events(auth, root)][:2] == ["SCOPE_MISSING", "SCOPE_MISSING"]
