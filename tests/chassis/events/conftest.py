"""An outbox with a table of effects, as a service has them, and topics that no other test knows."""

import shutil
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import uuid_utils

from chassis import bus_kafka, bus_redis
from chassis.bus import START, Message
from chassis.consumers import CONSUMERS_DDL
from chassis.departed import DEPARTED_DDL
from chassis.outbox import OUTBOX_DDL, OUTBOX_ORIGIN_DDL, Event, append
from chassis.postgres import prepare
from stack.process import running
from stack.redis import Redis
from tests.chassis.conftest import FOLDER, SCHEMA

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
# `n` tells the order: where a row lies does not, when two sessions write.
EFFECTS = """
CREATE TABLE effects (n bigint GENERATED ALWAYS AS IDENTITY, event_id text NOT NULL, key text NOT NULL,
                      seq bigint NOT NULL, by text NOT NULL)
"""


class Broker:
    """A Redis that can be stopped and started again with what it kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = Redis(folder / "data", folder / "socket")
        self._stack = ExitStack()

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> None:
        self._stack.enter_context(running(self._server, self._folder / "redis.log"))

    def stop(self) -> None:
        self._stack.close()

    def remembered(self) -> Path:
        """A copy of what it keeps on disk at this moment, whole as far as it was acknowledged."""
        copy = self._folder / "earlier"
        shutil.copytree(self._folder / "data", copy)
        return copy

    def restart_with(self, kept: Path | None) -> None:
        """Stops it, and starts it with what it kept earlier, or with nothing at all."""
        self.stop()
        shutil.rmtree(self._folder / "data")
        if kept is not None:
            shutil.copytree(kept, self._folder / "data")
        self.start()


@pytest.fixture
def broker():
    folder = Path(tempfile.mkdtemp(prefix="qpo-broker-"))
    broker = Broker(folder)
    broker.start()
    yield broker
    broker.stop()
    shutil.rmtree(folder)


ADAPTERS = {"redis": bus_redis, "kafka": bus_kafka}


@pytest_asyncio.fixture(params=ADAPTERS)
async def bus(request):
    """Every adapter of the port, one after the other."""
    url = request.getfixturevalue(f"{request.param}_url")
    async with ADAPTERS[request.param].open_bus(url) as bus:
        yield bus


@pytest.fixture
def topic() -> str:
    return f"qpo.gadget.v1.Topic{uuid_utils.uuid7().hex}"


@pytest_asyncio.fixture
async def pool(settings):
    pool = await prepare(settings, SCHEMA, FOLDER)
    owner = await asyncpg.connect(settings.migration_url.get_secret_value())
    await owner.execute(f"SET search_path TO {SCHEMA}")
    for ddl in (OUTBOX_DDL, OUTBOX_ORIGIN_DDL, CONSUMERS_DDL, DEPARTED_DDL, EFFECTS):
        await owner.execute(ddl)
    await owner.close()
    yield pool
    pool.terminate()


def event(topic: str, key: str = "k", seq: int = 1, **changes) -> Event:
    given = {"type": "thing_made", "occurred_at": NOON, "payload": f"{key}/{seq}".encode()}
    return Event(topic=topic, key=key, seq=seq, **(given | changes))


def message(topic: str, key: str = "k", seq: int = 1, **changes) -> Message:
    given = {
        "event_id": str(uuid_utils.uuid7()),
        "type": "thing_made",
        "occurred_at": NOON,
        "knowledge_at": NOON,
        "traceparent": "",
        "user_id": "somebody",
        "tenant_id": "somewhere",
        "schema_version": 1,
        "payload": b"\x00\xff\x80payload",
        "ip_address": "192.0.2.7",
        "user_agent": "a program",
    }
    return Message(topic=topic, key=key, seq=seq, **(given | changes))


async def commit(pool, *events: Event) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await append(connection, *events)


async def everything(bus, topic: str) -> list[Message]:
    places = dict.fromkeys(range(bus.partitions(topic)), START)
    return [each.message for each in await bus.read(topic, places, 10_000)]
