"""Replicas that follow a topic on a real Redis forget what events outdate."""

import asyncio
import uuid
from datetime import UTC, datetime

import pytest

from chassis.bus import Message
from chassis.bus_redis import open_bus
from chassis.cache import follow
from chassis.cache.entry import form_of
from chassis.cache.shared import Shared
from chassis.serve import _ended
from tests.chassis.cache.rows import ALICE, Replica, Rows

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def changed(topic, key, seq):
    return Message(str(uuid.uuid4()), topic, "thing_changed", key, seq, NOW, NOW, "", ALICE.user_id, "", 1, b"")


@pytest.fixture
def topic():
    return f"qpo.thing.{uuid.uuid4()}"


async def test_an_event_empties_every_replica_of_older_versions_and_leaves_newer_ones(redis_url, topic):
    rows, id, form = Rows(), str(uuid.uuid4()), form_of(topic.encode())
    shared = Shared.at(redis_url, form=form, seconds=300)
    stale, fresh = Replica(rows, shared), Replica(rows, shared)
    forgotten, outdate = asyncio.Event(), stale.cached.outdate

    async def told(key, version):
        await outdate(key, version)
        forgotten.set()

    stale.cached.outdate = told
    async with open_bus(redis_url) as bus:
        await bus.ends(topic)
        following = [asyncio.create_task(follow(bus, topic, each.cached)) for each in (stale, fresh)]
        rows.write(id)
        await stale.get(id)
        rows.write(id)
        await fresh.get(id)
        async with asyncio.timeout(20):
            while not forgotten.is_set():
                await bus.publish(topic, [changed(topic, id, 2)], "1")
                await asyncio.wait([asyncio.ensure_future(forgotten.wait())], timeout=0.1)
        await _ended(following)
    assert (len(stale.memory), len(fresh.memory)) == (0, 1)
    await shared.settled()
    assert (await shared.get(f"thing:{id}")).stamp.version == 2
    await shared.close()
