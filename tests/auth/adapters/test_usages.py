"""What doors tell is added up once, judged once all have told, and raises an alarm; on a real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import CollectorRegistry
from qpo.audit.v1 import events_pb2 as pb

from chassis.bus import Message
from services.auth.adapters.active_users import active_users
from services.auth.adapters.blocks_postgres import PostgresBlocks
from services.auth.adapters.detectors_postgres import PostgresDetectors
from services.auth.adapters.news_of_use import TOPIC, subscription
from services.auth.adapters.policies_postgres import PostgresPolicies
from services.auth.adapters.security_sealed import SecurityKey
from services.auth.adapters.trainer_process import ProcessTrainer
from services.auth.adapters.usages_postgres import PostgresUsages
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.app.disable_user import DisableUser
from services.auth.app.keep_blocks import KeepBlocks
from services.auth.app.security_ports import Wanted
from services.auth.app.train_detector import TrainDetector
from services.auth.app.watch_usage import LATE, WatchUsage
from services.auth.domain.roles import Role
from services.auth.domain.security import Kind, Response
from services.auth.domain.user import newcomer
from tests.auth.fakes import SetClock
from tests.auth.habits import START, people, thief
from tests.auth.usages import named, remember
from tests.auth.usages import summed as told_of

NOON = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
USER = "0199a6de-0000-7000-8000-000000000001"
KEY = SecurityKey(bytes(32))


def summed(user_id=USER, minute=NOON, **counts):
    began = Timestamp()
    began.FromDatetime(minute)
    given = {"calls": 10, "methods": [1, 2], "addresses": [7]} | counts
    return pb.AccessEvent(usage_summed=pb.UsageSummed(user_id=user_id, minute=began, **given))


class World:
    """The history of use in an empty schema, with a clock that is moved by hand."""

    def __init__(self, pool, alarms, users):
        self.pool, self.alarms, self.users, self.clock = pool, alarms, users, SetClock()
        self.usages, self.detectors = PostgresUsages(pool, alarms), PostgresDetectors(pool, KEY)
        self.watch = WatchUsage(self.usages, self.detectors, self.clock)
        self.blocks = KeepBlocks(PostgresBlocks(pool), users, self.clock)
        self.train = TrainDetector(self.usages, ProcessTrainer(), self.detectors, self.clock)
        self.policies = PostgresPolicies(pool, self.clock)

    async def tell(self, event, user_id="", moment=NOON):
        kind = event.WhichOneof("event")
        whence = {"ip_address": "192.0.2.9", "schema_version": 1, "payload": event.SerializeToString()}
        message = Message("e", TOPIC, kind, "k", 1, moment, moment, "", user_id, user_id, **whence)
        async with self.pool.acquire() as connection, connection.transaction():
            await subscription(self.alarms).handle(connection, message)

    async def row(self, user_id=USER):
        return await self.pool.fetchrow("SELECT * FROM usage_minutes WHERE user_id = $1", user_id)

    async def judge(self, now):
        self.clock.moment = now
        return await self.watch()

    async def events(self, kind=""):
        return await self.alarms.find(Wanted(kind=kind), None, 100)

    async def account(self, number, *roles):
        user = newcomer(f"0199a6de-0000-7000-8000-{number:012}", f"{number}@example.com", Role.USER, START)
        await self.users.add(user, "a hash")
        for role in roles:
            await self.users.give_role(user.id, role, START)
        return user.id

    async def use(self, usages):
        for usage in usages:
            await self.tell(told_of(usage), moment=usage.minute + timedelta(minutes=1))


@pytest.fixture
async def world(empty_pool, owner, alarms, emails, trail):
    await owner.execute("TRUNCATE usage_minutes, detectors, security_policy, user_blocks")
    return World(empty_pool, alarms, PostgresUsers(empty_pool, emails, trail))


class TrainsOnce:
    """A Trainer of a history that does not change."""

    def __init__(self):
        self.trainer, self.trained = ProcessTrainer(), None

    async def train(self, points, names):
        self.trained = self.trained or await self.trainer.train(points, names)
        return self.trained


@pytest.fixture(scope="module")
def trainer():
    return TrainsOnce()


@pytest.fixture
async def learned(world, owner, trainer):
    await remember(owner, people(count=20, days=8))
    world.train = replace(world.train, trainer=trainer)
    await world.train()
    return world


async def test_what_several_processes_saw_of_a_minute_adds_up(world):
    await world.tell(summed(calls=10, not_found=3, methods=[1, 2], addresses=[7]))
    await world.tell(summed(calls=5, refused=1, methods=[2, 3], addresses=[7, 8]))
    row = await world.row()
    assert (row["calls"], row["not_found"], row["refused"]) == (15, 3, 1)
    assert (sorted(row["methods"]), sorted(row["addresses"])) == ([1, 2, 3], [7, 8])


@pytest.mark.parametrize(
    "event",
    [
        summed(user_id="x' or 1=1--"),
        summed(calls=0),
        summed(refused=-1),
        summed(bytes_in=float("nan")),
        summed(minute=NOON + timedelta(hours=1)),
    ],
)
async def test_what_no_door_would_tell_is_not_kept(world, event):
    await world.tell(event)
    assert await world.pool.fetchval("SELECT count(*) FROM usage_minutes") == 0


async def test_a_minute_is_judged_once_all_have_told_and_again_when_somebody_tells_late(learned):
    await learned.tell(summed())
    assert await learned.judge(NOON + timedelta(minutes=1) + LATE) == 0
    assert await learned.judge(NOON + timedelta(minutes=1, seconds=1) + LATE) == 1
    first = await learned.row()
    assert 0 < first["score"] < 1
    assert await learned.judge(NOON + timedelta(hours=1)) == 0
    await learned.tell(summed(calls=900, not_found=800))
    assert await learned.judge(NOON + timedelta(hours=1)) == 1
    assert (await learned.row())["score"] > first["score"]


async def test_without_a_detector_minutes_are_kept_to_learn_from_and_nobody_is_alarmed_about(world):
    await world.use(thief(USER))
    await world.judge(NOON)
    assert (await world.row())["score"] is None
    assert await world.events() == []
    assert (await world.usages.count(100))[0] == 10


async def test_what_the_audit_trail_has_of_the_hour_is_part_of_a_minute(world, owner, audit):
    moments = [NOON - timedelta(minutes=70), NOON - timedelta(minutes=30), NOON, NOON + timedelta(minutes=2)]
    for number, moment in enumerate(moments):
        await owner.execute(
            "INSERT INTO audit SELECT $1, $2::timestamptz, gen_random_uuid(), $2, $3, 'call', 'DENIED', 'k', '', $4",
            number + 1,
            moment,
            USER,
            bytes(32),
        )
    await world.tell(summed())
    await world.judge(NOON + timedelta(hours=1))
    assert (await world.row())["refusals"] == 2


async def test_a_thief_raises_one_alarm_an_hour_and_people_none(learned):
    others = people(seed=5, count=3, days=1, start=START + timedelta(days=14))
    await learned.use(map(named, others))
    await learned.use(thief(USER, start=START + timedelta(days=14, hours=3)))
    while await learned.judge(START + timedelta(days=20)):
        continue
    assert await learned.pool.fetchval("SELECT count(DISTINCT user_id) > 3 FROM usage_minutes WHERE score IS NOT NULL")
    [event] = await learned.events()
    assert (event.kind, event.user_id) == (Kind.ANOMALY, USER)
    assert "not found" in event.detail


async def test_where_it_is_only_observed_nobody_is_told(learned):
    await learned.policies.change({"anomaly_action": Response.OBSERVE}, None)
    await learned.use(thief(USER))
    await learned.judge(NOON)
    assert await learned.events() == []
    assert (await learned.row())["unusual"]


async def test_where_it_blocks_the_thief_is_shut_out_for_as_long_as_is_said_and_then_is_not(learned):
    user_id = await learned.account(1)
    await learned.policies.change({"anomaly_action": Response.BLOCK, "block_minutes": 30}, None)
    await learned.use(thief(user_id))
    await learned.judge(NOON)
    await learned.blocks()
    assert (await learned.users.get(user_id)).disabled_at == NOON
    assert [event.kind for event in await learned.events()] == [Kind.USER_BLOCKED, Kind.ANOMALY]
    learned.clock.moment = NOON + timedelta(minutes=29)
    await learned.blocks()
    assert (await learned.users.get(user_id)).disabled_at == NOON
    learned.clock.moment = NOON + timedelta(minutes=30)
    await learned.blocks()
    assert (await learned.users.get(user_id)).disabled_at is None


async def test_no_detector_locks_an_administrator_out(learned):
    admin = await learned.account(2, Role.ADMIN)
    await learned.policies.change({"anomaly_action": Response.BLOCK}, None)
    await learned.use(thief(admin))
    await learned.judge(NOON)
    await learned.blocks()
    assert (await learned.users.get(admin)).disabled_at is None
    assert [event.kind for event in await learned.events()] == [Kind.ANOMALY]


async def test_who_an_administrator_disables_meanwhile_stays_so(learned):
    user_id = await learned.account(3)
    await learned.policies.change({"anomaly_action": Response.BLOCK}, None)
    await learned.use(thief(user_id))
    await learned.judge(NOON)
    await learned.blocks()
    await DisableUser(learned.users, PostgresBlocks(learned.pool), learned.clock)(user_id, "another")
    learned.clock.moment = NOON + timedelta(days=1)
    await learned.blocks()
    assert (await learned.users.get(user_id)).disabled_at is not None


def suspected(field="name"):
    text = pb.TextSuspected(method="/qpo.portfolio.v1.PortfolioService/CreatePortfolio", field=field, family="union")
    return pb.AccessEvent(text_suspected=text)


async def test_a_text_like_an_attack_is_told_once_an_hour_and_by_policy_shuts_its_sender_out(world):
    user_id = await world.account(4)
    await world.tell(suspected(), user_id)
    await world.tell(suspected(), user_id)
    [event] = await world.events()
    assert (event.kind, event.user_id, event.ip_address) == (Kind.SQL_INJECTION, user_id, "192.0.2.9")
    assert "the field name of /qpo.portfolio.v1.PortfolioService/CreatePortfolio" in event.detail
    await world.policies.change({"injection_action": Response.BLOCK}, None)
    await world.tell(suspected(), user_id, NOON + timedelta(hours=1))
    await world.blocks()
    assert (await world.users.get(user_id)).disabled_at is not None


async def test_a_detector_of_another_making_or_that_was_changed_scores_nothing(learned, owner):
    assert await learned.detectors.active() is not None
    stranger = PostgresDetectors(learned.pool, SecurityKey(b"k" * 32))
    assert await stranger.active() is None
    await owner.execute("UPDATE detectors SET content = content || ' '")
    assert await PostgresDetectors(learned.pool, KEY).active() is None


async def test_what_events_say_does_not_lie_in_the_store_in_clear(world, owner):
    await world.tell(suspected("a_field"), USER)
    row = await owner.fetchrow("SELECT * FROM security_events")
    assert "a_field" not in str(dict(row))
    assert "192.0.2.9" not in str(dict(row))


async def test_the_history_of_an_account_goes_with_it(world, owner):
    user_id = await world.account(5)
    await world.tell(summed(user_id))
    await world.usages.make_room(NOON)
    assert await world.row(user_id) is not None
    await world.users.remove(user_id, NOON)
    await world.usages.make_room(NOON)
    assert await world.row(user_id) is None


async def test_a_minute_is_forgotten_after_ninety_days(world):
    user_id = await world.account(6)
    await world.tell(summed(user_id))
    await world.usages.make_room(NOON + timedelta(days=90))
    assert await world.row(user_id) is not None
    await world.usages.make_room(NOON + timedelta(days=90, minutes=1))
    assert await world.row(user_id) is None


async def test_whoever_called_within_a_day_is_counted_once(world):
    registry = CollectorRegistry()
    census = active_users(world.pool, registry)
    add = """
        INSERT INTO usage_minutes (user_id, minute, calls, refused, invalid, not_found, writes, bytes_in,
                                   methods, addresses)
        VALUES ($1, date_trunc('minute', now()) - make_interval(hours => $2), 1, 0, 0, 0, 0, 1, '{1}', '{1}')
    """
    for user, hours in (("a", 1), ("a", 2), ("b", 23), ("c", 25)):
        await world.pool.execute(add, user, hours)
    await census.reckon()
    assert registry.get_sample_value("daily_active_users") == 2
