"""The audit trail on a real PostgreSQL, its heads in real files, and a database administrator who tampers with both."""

import asyncio
import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from qpo.audit.v1 import events_pb2 as call_events
from qpo.optimizer.v1 import events_pb2 as optimizer_events
from qpo.portfolio.v1 import events_pb2 as portfolio_events

from chassis import context
from chassis.bus import Message
from chassis.vault import Unopenable
from services.auth.adapters.audit_sealed import AuditVault, audit_vault_from
from services.auth.adapters.heads_files import HOURLY, NEWEST
from services.auth.adapters.news_for_audit import CALLS, TOLD, subscriptions
from services.auth.adapters.sequencer import Sequencer
from services.auth.app.audit_ports import Asked
from services.auth.app.keep_audit import KeepAudit
from services.auth.domain.audit import Action, ChainBroken
from services.auth.domain.errors import HeadForged
from tests.auth.audited import LINKS


async def test_what_is_written_down_is_chained_and_read_again(audit):
    with context.bound(method="/qpo.auth.v1.AuthService/Login") as call:
        call.metadata = {"x-forwarded-for": "10.0.0.1, 192.0.2.9", "user-agent": "qpo/1.0\x1b[31m"}
        await audit.trail.refused(Action.USER_LOGIN, "account:abc", "BAD_CREDENTIALS")
    await audit.chain()
    [(seq, entry)] = (await audit.list(Asked(), None, 0)).rows
    assert (seq, entry.action, entry.result, entry.resource) == (1, "user_login", "BAD_CREDENTIALS", "account:abc")
    assert (entry.ip_address, entry.user_agent, entry.user_id) == ("192.0.2.9", "qpo/1.0?[31m", "")
    assert (await audit.verify()).broken is None


async def test_neither_address_nor_program_nor_resource_lies_in_the_store(audit, owner):
    with context.bound() as call:
        call.metadata = {"x-forwarded-for": "192.0.2.9", "user-agent": "a-program"}
        await audit.trail.refused(Action.USER_LOGIN, "account:abc", "BAD_CREDENTIALS")
        waiting = await owner.fetchval("SELECT w::text FROM audit_waiting w")
    await audit.chain()
    for text in (waiting, await owner.fetchval("SELECT a::text FROM audit a")):
        stored = bytes.fromhex(text.partition("\\x")[2].partition('"')[0])
        assert not any(part in stored for part in (b"192.0.2.9", b"a-program", b"account:abc"))
        assert "192.0.2.9" not in text


async def test_pages_go_on_before_one_another_and_filters_hold(audit):
    await audit.write(7)
    audit.clock.advance(days=1)
    await audit.trail.refused(Action.ADMIN_ACTION, "user:x", "SCOPE_MISSING")
    await audit.chain()
    seen, before = [], None
    while True:
        page = await audit.list(Asked(), before, 3)
        seen += [seq for seq, _ in page.rows]
        before = page.after
        if before is None:
            break
    assert seen == list(range(8, 0, -1))
    assert [seq for seq, _ in (await audit.list(Asked(result="SCOPE_MISSING"), None, 0)).rows] == [8]
    assert [seq for seq, _ in (await audit.list(Asked(start=audit.clock.now()), None, 0)).rows] == [8]
    assert len((await audit.list(Asked(action="user_login", end=audit.clock.now()), None, 0)).rows) == 7
    assert (await audit.list(Asked(user_id="nobody"), None, 0)).rows == []


async def test_the_service_cannot_change_what_is_chained(audit):
    await audit.write(3)
    await audit.chain()
    for statement in (
        "UPDATE audit SET result = 'OK' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 1",
        "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await audit.pool.execute(statement)
    assert (await audit.verify()).broken is None


async def test_replicas_that_chain_at_once_make_one_chain(audit):
    await audit.write(60)
    others = [KeepAudit(audit.store, audit.heads, audit.clock, audit.key) for _ in range(4)]
    await asyncio.gather(*(each.chain() for each in others for _ in range(3)))
    await audit.chain()
    found = await audit.verify()
    assert (found.verified, found.total, found.broken) == (60, 60, None)


async def test_what_is_rolled_back_is_not_in_the_trail(audit):
    with pytest.raises(ZeroDivisionError):
        async with audit.pool.acquire() as connection, connection.transaction():
            await audit.trail.note(connection, Action.USER_LOGIN, "user:x", "x")
            raise ZeroDivisionError
    assert await audit.keep.chain() == 0


async def test_another_service_s_news_are_written_down_once(audit):
    for topic, (named, actions) in TOLD.items():
        for number, (kind, action) in enumerate(actions.items(), 1):
            message = Message(
                f"01987f6c-0000-7000-8000-{number:012x}",
                topic,
                kind,
                "the-key",
                number,
                audit.clock.now(),
                audit.clock.now(),
                "",
                "the-user",
                "their-tenant",
                1,
                b"",
                "192.0.2.7",
                "a-browser",
            )
            [news] = [each for each in subscriptions(audit.trail) if each.topic == topic]
            assert kind in news.types
            async with audit.pool.acquire() as connection:
                await news.handle(connection, message)
            await audit.chain()
            [(_, entry), *_] = (await audit.list(Asked(), None, 0)).rows
            assert (entry.action, entry.resource, entry.user_id) == (action, f"{named}:the-key", "the-user")
            assert (entry.ip_address, entry.user_agent, entry.result) == ("192.0.2.7", "a-browser", "OK")


async def test_another_service_s_refusals_are_written_down_with_their_method(audit, owner):
    method = "/qpo.marketdata.v1.MarketDataService/IngestPrices"
    refused = call_events.CallRefused(method=method, resource="dataset:7", reason="NOT_OWNER")
    message = Message(
        "01987f6c-0000-7000-8000-000000000001",
        CALLS,
        "call_refused",
        "a-process",
        1,
        audit.clock.now(),
        audit.clock.now(),
        "",
        "the-user",
        "their-tenant",
        1,
        call_events.CallEvent(call_refused=refused).SerializeToString(),
        "192.0.2.7",
        "a-browser",
    )
    [news] = [each for each in subscriptions(audit.trail) if each.topic == CALLS]
    assert news.types == {field.name for field in call_events.CallEvent.DESCRIPTOR.oneofs_by_name["event"].fields}
    async with audit.pool.acquire() as connection:
        await news.handle(connection, message)
    await audit.chain()
    assert method.encode() not in await owner.fetchval("SELECT sealed FROM audit")
    [(_, entry)] = (await audit.list(Asked(action="call"), None, 0)).rows
    assert (entry.id, entry.user_id, entry.result) == (message.event_id, "the-user", "NOT_OWNER")
    assert (entry.method, entry.resource) == (method, "dataset:7")
    assert (entry.ip_address, entry.user_agent) == ("192.0.2.7", "a-browser")


async def test_seven_years_are_kept_and_what_is_left_still_verifies(audit, owner):
    await audit.write(3)
    await audit.chain()
    audit.clock.advance(days=32)
    await audit.keep.make_room()
    await audit.write(2)
    await audit.chain()
    first = audit.clock.now()
    audit.clock.moment = datetime(first.year + 7, 4, 15, tzinfo=UTC)
    await audit.keep.make_room()
    assert [row[0] for row in await owner.fetch("SELECT seq FROM audit ORDER BY seq")] == [4, 5]
    await audit.write(1)
    await audit.chain()
    found = await audit.verify()
    assert (found.verified, found.broken) == (3, None)


async def test_nothing_is_added_to_a_chain_whose_end_was_cut_off(full, owner):
    await owner.execute("SET session_replication_role = replica")  # no triggers
    await owner.execute("DELETE FROM audit WHERE seq > 30")
    await full.write(1)
    with pytest.raises(ChainBroken) as caught:
        await full.keep.chain()
    assert caught.value.seq == 31
    assert await owner.fetchval("SELECT count(*) FROM audit_waiting") == 1
    await owner.execute("TRUNCATE audit")
    with pytest.raises(ChainBroken):
        await full.keep.chain()


async def test_a_process_that_died_before_it_signed_breaks_nothing(full):
    newest = (full.folder / "heads" / NEWEST).read_text()
    await full.write(2)
    await full.chain()
    (full.folder / "heads" / NEWEST).write_text(newest)
    await full.write(1)
    await full.chain()
    found = await full.verify()
    assert (found.verified, found.broken) == (LINKS + 3, None)


async def test_every_hour_has_a_head(full):
    for _ in range(3):
        full.clock.advance(hours=1)
        await full.write(1)
        await full.chain()
    lines = [json.loads(line) for line in (full.folder / "heads" / HOURLY).read_text().splitlines()]
    assert [line["hour"][-2:] for line in lines] == ["12", "13", "14", "15"]
    assert set(await full.heads.all()) == {LINKS, LINKS + 1, LINKS + 2, LINKS + 3}


@pytest.mark.parametrize("name", [NEWEST, HOURLY])
async def test_a_head_that_was_changed_is_known_as_forged(full, name):
    path = full.folder / "heads" / name
    path.write_text(path.read_text().replace(f'"seq": {LINKS}', f'"seq": {LINKS - 1}'))
    with pytest.raises(HeadForged):
        await full.verify()


async def test_an_entry_opens_in_its_own_place_alone(trail, audit):
    await audit.write(2)
    await audit.chain()
    one, other = await audit.store.behind(0, 2)
    vault = audit_vault_from(audit.folder)
    with pytest.raises(Unopenable):
        vault.open(replace(one.entry, sealed=other.entry.sealed))
    with pytest.raises(LookupError):
        AuditVault(secrets.token_bytes(32)).open(one.entry)
    assert vault.open(one.entry).occurred_at - audit.clock.now() == timedelta(0)


def test_what_other_services_are_said_to_tell_stands_in_their_contracts():
    messages = (portfolio_events.PortfolioEvent, optimizer_events.OptimizationEvent)
    contracts = {message.DESCRIPTOR.full_name: message.DESCRIPTOR.oneofs_by_name["event"] for message in messages}
    assert set(TOLD) == set(contracts)
    for topic, (_, actions) in TOLD.items():
        assert set(actions) <= {field.name for field in contracts[topic].fields}


async def until(condition):
    # Heads are written through to the disk, which may be busy with others' for long.
    async with asyncio.timeout(60):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def test_the_sequencer_alarms_while_the_chain_is_broken_and_chains_nothing(full, owner, alarms):
    registry = CollectorRegistry()

    async def alarmed():
        return registry.get_sample_value("audit_broken") == 1

    sequencer = asyncio.create_task(Sequencer(full.keep, alarms, registry).run())
    try:
        await full.write(1)
        await until(lambda: owner.fetchval("SELECT count(*) = $1 FROM audit", LINKS + 1))
        assert not await alarmed()
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("DELETE FROM audit WHERE seq = $1", LINKS + 1)
        await full.write(1)
        await until(alarmed)
        # What was written, and the alarm itself.
        await until(lambda: owner.fetchval("SELECT count(*) = 2 FROM audit_waiting"))
        assert await owner.fetchval("SELECT kind FROM security_events") == "audit_broken"
    finally:
        sequencer.cancel()
        await asyncio.wait([sequencer])
