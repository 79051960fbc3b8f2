"""SecurityService over a real server and a real PostgreSQL: what looks like an attack is told."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from prometheus_client import CollectorRegistry
from qpo.auth.v1 import audit_service_pb2 as audit
from qpo.auth.v1 import auth_service_pb2
from qpo.auth.v1 import security_service_pb2 as pb

from chassis.announcements import Announcements
from chassis.buses import open_bus
from chassis.consumers import Consumer
from services.auth.adapters.detectors_postgres import PostgresDetectors
from services.auth.adapters.news_of_use import TOPIC, subscription
from services.auth.adapters.security_sealed import security_key_from
from services.auth.adapters.usages_postgres import PostgresUsages
from services.auth.app.watch_usage import WatchUsage
from services.auth.wiring import events_in, trail_in
from tests.auth.fakes import SetClock
from tests.auth.habits import START, people, thief
from tests.auth.usages import named, remember, summed
from tests.fixtures.auth import EMAIL, PASSWORD, bearer, refused

HERE = "192.0.2.44"


@pytest.fixture
async def root(auth, clean_trail, trail_owner):
    await trail_owner.execute("TRUNCATE security_events, security_policy, usage_minutes, detectors")
    return await auth.administrator()


async def events(auth, root, **asked):
    request = pb.ListSecurityEventsRequest(**asked)
    return (await auth.security.ListSecurityEvents(request, metadata=bearer(root))).events


def kinds(found):
    return [pb.SecurityEventKind.Name(event.kind).removeprefix("SECURITY_EVENT_KIND_") for event in found]


async def steal(auth):
    """A refresh token that is spent comes back."""
    tokens = await auth.login()
    await auth.refresh(tokens.refresh_token)
    await refused(auth.refresh(tokens.refresh_token))


async def test_a_refresh_token_that_comes_back_is_told_with_whose_it_was(auth, root):
    user = await auth.register()
    await steal(auth)
    [event] = await events(auth, root)
    assert kinds([event]) == ["REFRESH_TOKEN_REUSED"]
    assert event.user_id == user.id
    assert event.occurred_at.seconds > 1_700_000_000


async def audited(auth, root, action):
    """What the audit trail has of an action, newest first."""
    while await auth.audit.chain():
        continue
    asked = audit.ListAuditEventsRequest(action=action)
    return (await auth.trail.ListAuditEvents(asked, metadata=bearer(root))).events


async def test_an_alarm_is_written_into_the_audit_trail(auth, root):
    await auth.register()
    await steal(auth)
    [entry] = await audited(auth, root, audit.AUDIT_ACTION_SECURITY_ALARM)
    assert entry.result == "REFRESH_TOKEN_REUSED"


async def test_an_account_that_is_tried_too_often_is_told_once_an_hour(auth_database, serve_auth, trail_owner):
    _, pool = auth_database
    await trail_owner.execute("TRUNCATE security_events")
    await pool.execute("DELETE FROM users")
    async with serve_auth(pool, attempts_per_account="2 per hour", attempts_per_address="8 per hour") as auth:
        root = await auth.administrator()
        for _ in range(5):
            await refused(auth.login(EMAIL, "a-wrong-password"))
        [closed] = await events(auth, root, kind=pb.SECURITY_EVENT_KIND_ACCOUNT_CLOSED)
        assert closed.subject.startswith("account:")
        assert EMAIL not in str(closed)
        for number in range(12):
            await refused(auth.login(f"{number}@example.com", "a-wrong-password"))
        assert kinds(await events(auth, root)) == ["PASSWORDS_GUESSED", "ACCOUNT_CLOSED"]


async def test_filters_and_pages(auth, root):
    user = await auth.register()
    for _ in range(5):
        await steal(auth)
    assert len(await events(auth, root, user_id=user.id.upper())) == 5
    assert await events(auth, root, kind=pb.SECURITY_EVENT_KIND_ANOMALY) == []
    seen, token = [], ""
    while True:
        request = pb.ListSecurityEventsRequest(page_size=2, page_token=token)
        page = await auth.security.ListSecurityEvents(request, metadata=bearer(root))
        seen += [event.id for event in page.events]
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


async def test_a_page_token_of_another_filter_is_refused(auth, root):
    await auth.register()
    for _ in range(2):
        await steal(auth)
    page = await auth.security.ListSecurityEvents(pb.ListSecurityEventsRequest(page_size=1), metadata=bearer(root))
    other = pb.ListSecurityEventsRequest(kind=pb.SECURITY_EVENT_KIND_ANOMALY, page_token=page.next_page_token)
    refusal = await refused(auth.security.ListSecurityEvents(other, metadata=bearer(root)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


def subscribed(auth, root, cursor=""):
    request = pb.SubscribeSecurityEventsRequest(cursor=cursor)
    return auth.security.SubscribeSecurityEvents(request, metadata=bearer(root))


async def until_told(stream, count):
    """The next events, as many, and the cursor behind them."""
    found, cursor = [], ""
    async with asyncio.timeout(20):
        while len(found) < count:
            message = await stream.read()
            found += message.events
            cursor = message.cursor
    return found, cursor


async def test_a_subscriber_is_told_what_happens_and_goes_on_where_it_left_off(auth, root):
    await auth.register()
    await steal(auth)
    stream = subscribed(auth, root)
    first = await stream.read()
    assert (len(first.events), bool(first.cursor)) == (0, True)
    await steal(auth)
    [told], cursor = await until_told(stream, 1)
    assert kinds([told]) == ["REFRESH_TOKEN_REUSED"]
    stream.cancel()
    await steal(auth)
    await steal(auth)
    again = subscribed(auth, root, cursor)
    missed, _ = await until_told(again, 2)
    again.cancel()
    newest = await events(auth, root, page_size=2)
    assert [event.id for event in missed] == [event.id for event in newest][::-1]


async def test_a_cursor_of_another_making_is_refused(auth, root):
    refusal = await refused(subscribed(auth, root, "AAAA").read())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "CURSOR_INVALID")
    assert refusal.fields == ["cursor"]


async def policy(auth, root):
    return (await auth.security.GetSecurityPolicy(pb.GetSecurityPolicyRequest(), metadata=bearer(root))).policy


async def update(auth, root, given, *paths):
    request = pb.UpdateSecurityPolicyRequest(policy=given, update_mask=FieldMask(paths=paths))
    return (await auth.security.UpdateSecurityPolicy(request, metadata=bearer(root))).policy


async def test_unless_changed_findings_raise_an_alarm_and_block_nobody(auth, root):
    found = await policy(auth, root)
    assert (found.anomaly_action, found.injection_action) == (pb.SECURITY_ACTION_ALARM, pb.SECURITY_ACTION_ALARM)
    assert (found.anomaly_score, found.consecutive_minutes, found.least_calls) == (0.6, 3, 20)
    assert not found.HasField("updated_at")


async def test_an_update_changes_what_it_names_and_nothing_else(auth, root):
    given = pb.SecurityPolicy(anomaly_action=pb.SECURITY_ACTION_BLOCK, least_calls=7, block_minutes=1)
    changed = await update(auth, root, given, "anomaly_action", "least_calls")
    assert (changed.anomaly_action, changed.least_calls) == (pb.SECURITY_ACTION_BLOCK, 7)
    assert changed.block_minutes == 15
    assert await policy(auth, root) == changed
    assert (await update(auth, root, pb.SecurityPolicy(block_minutes=3))).block_minutes == 3
    assert (await update(auth, root, pb.SecurityPolicy(), "block_minutes")).block_minutes == 15


async def test_of_two_changes_on_the_same_etag_the_second_is_refused(auth, root):
    etag = (await policy(auth, root)).etag
    await update(auth, root, pb.SecurityPolicy(least_calls=7, etag=etag))
    refusal = await refused(update(auth, root, pb.SecurityPolicy(least_calls=8, etag=etag)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    assert (await policy(auth, root)).least_calls == 7
    refusal = await refused(update(auth, root, pb.SecurityPolicy(least_calls=8, etag="never given")))
    assert refusal.reason == "ETAG_MISMATCH"


async def test_what_cannot_be_changed_is_named(auth, root):
    refusal = await refused(update(auth, root, pb.SecurityPolicy(etag="1"), "etag"))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_NOT_MUTABLE")
    assert refusal.metadata["path"] == "etag"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"anomaly_score": 1.5}, "policy.anomaly_score"),
        ({"anomaly_score": float("nan")}, "policy.anomaly_score"),
        ({"consecutive_minutes": 0}, "policy.consecutive_minutes"),
        ({"least_calls": 0}, "policy.least_calls"),
        ({"block_minutes": 100_000}, "policy.block_minutes"),
        ({"anomaly_action": 0}, "policy.anomaly_action"),
        ({"injection_action": 9}, "policy.injection_action"),
    ],
)
async def test_a_policy_against_the_contract_names_the_field(auth, root, given, field):
    refusal = await refused(update(auth, root, pb.SecurityPolicy(**given)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert set(refusal.fields) == {field}


async def train(auth, root):
    return (await auth.security.TrainDetector(pb.TrainDetectorRequest(), metadata=bearer(root))).detector


async def detectors(auth, root):
    return (await auth.security.ListDetectors(pb.ListDetectorsRequest(), metadata=bearer(root))).detectors


async def test_a_detector_is_trained_on_the_history_and_takes_its_formers_place(auth, root, trail_owner):
    await remember(trail_owner, people(count=20, days=8))
    first = await train(auth, root)
    assert first.state == pb.DETECTOR_STATE_ACTIVE
    assert first.minutes > 500
    assert abs(first.contamination - 0.1) <= 0.02
    assert (await train(auth, root)).id == first.id
    assert [entry.resource for entry in await audited(auth, root, audit.AUDIT_ACTION_ADMIN_ACTION)][:2] == [
        f"detector:{first.id[:16]}"
    ] * 2
    await remember(trail_owner, people(seed=2, count=5, days=2, name="more"))
    second = await train(auth, root)
    assert second.id != first.id
    assert [(one.id, one.state) for one in await detectors(auth, root)] == [
        (second.id, pb.DETECTOR_STATE_ACTIVE),
        (first.id, pb.DETECTOR_STATE_RETIRED),
    ]
    assert second.history_end.seconds % 60 == 0


async def until_kept(pool, usages):
    """Waits for these; the bus may carry the minutes of other doors that were told on it."""
    kept = "SELECT count(*) FROM usage_minutes WHERE scored_at IS NULL AND user_id = ANY ($1)"
    users = list({usage.user_id for usage in usages})
    async with asyncio.timeout(60):
        while True:
            if await pool.fetchval(kept, users) == len(usages):
                return
            await asyncio.sleep(0.1)


async def test_one_who_takes_what_there_is_by_night_is_told_on_the_stream_and_nobody_else(
    auth, root, trail_owner, auth_database, redis_url
):
    """From what a door counts, over the bus, to an administrator's stream."""
    _, pool = auth_database
    await remember(trail_owner, people(count=20, days=8))
    await train(auth, root)
    user = await auth.register()
    weeks_later = START + timedelta(days=28)
    habits = [named(usage) for usage in people(seed=9, count=10, days=2, start=weeks_later, name="other")]
    usages = [*habits, *thief(user.id, start=weeks_later + timedelta(hours=27))]
    alarms = events_in(auth.settings, pool, trail_in(auth.settings, pool))
    clock = SetClock(weeks_later + timedelta(days=10))
    rounds = WatchUsage(PostgresUsages(pool, alarms), PostgresDetectors(pool, security_key_from(auth.keys_dir)), clock)
    stream = subscribed(auth, root)
    await stream.read()
    async with open_bus(redis_url) as bus:
        door = Announcements(bus, TOPIC, CollectorRegistry())
        for usage in usages:
            door.tell("usage_summed", summed(usage).SerializeToString())
        await door.close(20.0)
        consumer = Consumer(pool, bus, subscription(alarms))
        running = asyncio.create_task(consumer.run())
        try:
            await until_kept(pool, usages)
        finally:
            running.cancel()
            await asyncio.wait([running])
    while await rounds():
        continue
    [event], _ = await until_told(stream, 1)
    stream.cancel()
    assert kinds([event]) == ["ANOMALY"]
    assert event.user_id == user.id
    # Of everybody else's minutes there is no alarm.
    assert kinds(await events(auth, root)) == ["ANOMALY"]


async def test_too_little_history_trains_nothing(auth, root, trail_owner):
    await remember(trail_owner, people(count=20, days=8)[:499])
    refusal = await refused(train(auth, root))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOO_FEW_MINUTES")
    assert refusal.metadata == {"minutes": "499", "needed": "500"}
    assert list(await detectors(auth, root)) == []


async def test_a_detector_that_finds_nothing_unusual_in_its_own_history_is_rejected(auth, root, trail_owner):
    [usage, *_] = people(count=10, days=1)
    await remember(trail_owner, [replace(usage, user_id=f"user-{number}") for number in range(600)])
    rejected = await train(auth, root)
    assert (rejected.state, rejected.contamination) == (pb.DETECTOR_STATE_REJECTED, 0)
    assert "unusual" in rejected.problem


async def test_a_token_that_does_not_know_its_account_any_more_changes_nothing(auth, root):
    me = (await auth.who_am_i(root)).user.id
    await auth.stub.LogoutEverywhere(auth_service_pb2.LogoutEverywhereRequest(user_id=me), metadata=bearer(root))
    refusal = await refused(update(auth, root, pb.SecurityPolicy(least_calls=7)))
    assert refusal.reason == "TOKEN_SUPERSEDED"


async def test_only_an_administrator_sees_or_changes_anything(auth, root):
    await auth.register()
    token = bearer((await auth.login(password=PASSWORD)).access_token)
    for call in (
        auth.security.ListSecurityEvents(pb.ListSecurityEventsRequest(), metadata=token),
        auth.security.SubscribeSecurityEvents(pb.SubscribeSecurityEventsRequest(), metadata=token).read(),
        auth.security.GetSecurityPolicy(pb.GetSecurityPolicyRequest(), metadata=token),
        auth.security.TrainDetector(pb.TrainDetectorRequest(), metadata=token),
        auth.security.ListDetectors(pb.ListDetectorsRequest(), metadata=token),
        auth.security.UpdateSecurityPolicy(
            pb.UpdateSecurityPolicyRequest(policy=pb.SecurityPolicy(least_calls=1)), metadata=token
        ),
    ):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
