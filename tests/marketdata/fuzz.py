"""`python -m tests.marketdata.fuzz`: anything at all on the bus of records, and each record is stored or kept apart.

Messages are made of what could be one: columns of any length, numbers of any size, names of any characters, bytes that
are no message. They go over the real bus through the real processor into a real PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from qpo.marketdata.v1 import events_pb2 as events

from chassis.batches import DEAD_LETTERS, BatchConsumer, BatchMeter
from chassis.bus import START, Bus, Message
from chassis.buses import open_bus
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.postgres import Pool, prepare
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.adapters.calendars_exchange import ExchangeCalendars
from services.marketdata.adapters.datasets_postgres import PostgresDatasets
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.adapters.records_bus import MARKET_DATA, processing
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.domain.dataset import Caller
from services.marketdata.settings import MarketDataSettings
from services.marketdata.wire.records import NOWHERE, from_payload
from stack.postgres import Postgres
from stack.process import running
from stack.redis import Redis
from tests.marketdata.adapters.test_prices_postgres import delivery
from tests.marketdata.fakes import MemoryBus

SYMBOLS = ("A", "B", "C", "D")
_TURN = 500  # messages on the bus at once
_NUMBERS = (0, 1, 2, -1, 2**53, 2**63 - 1, -(2**63))
_PRICES = (100.0, 0.0, -1.0, 1e-308, 1e308, float("nan"), float("inf"), float("-inf"), 5e-324)
_COUNT = itertools.count(1)
_NAMES = ("", "a\x00b", "ключ", "\U0001f4b8" * 40, "A" * 5000, "'; DROP TABLE ticks; --", " ", "\n")


@dataclass
class Outcome:
    """What was sent, and what became of it."""

    sent: int = 0  # records; a message that cannot be read counts as one
    stored: int = 0
    apart: int = 0
    dead: int = 0
    faults: dict[int, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Records that are neither."""
        return self.sent - self.stored - self.apart


def any_message(chance: random.Random, dataset_id: str, now: int) -> bytes:
    """Something that a source might send, or nobody would."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(80))
    count = chance.choice((0, 1, 1, 1, 2, 5, 40))

    def column(any_value: Any, share_of_wrong_length: float) -> list[Any]:
        length = chance.randrange(6) if chance.random() < share_of_wrong_length else count
        return [any_value() for _ in range(length)]

    message = events.MarketRecords(
        dataset_id=dataset_id if chance.random() < 0.95 else chance.choice((*_NAMES, NOWHERE)),
        source=chance.choice(("one", "one", "two", chance.choice(_NAMES))),
        symbol=chance.choice((*SYMBOLS, *SYMBOLS, chance.choice(_NAMES))),
        currency=chance.choice(("", "", "USD", chance.choice(_NAMES))),
        occurred_at=column(lambda: _time(chance, now), 0.05),
        price=column(
            lambda: chance.choice((chance.uniform(90, 110), chance.uniform(90, 110), chance.choice(_PRICES))), 0.0
        ),
        size=column(lambda: 1.0 if chance.random() < 0.9 else chance.choice(_PRICES), 0.1),
        number=column(lambda: chance.choice((next(_COUNT), next(_COUNT), chance.choice(_NUMBERS))), 0.1),
        released=chance.choice(("", "", "", "", str(Uuid7Ids().new()), "x")),
    )
    payload = message.SerializeToString()
    if chance.random() < 0.05:
        payload = payload[: chance.randrange(len(payload) + 1)] + chance.randbytes(chance.randrange(4))
    return payload


def _time(chance: random.Random, now: int) -> int:
    near = now - 10**9 + 1000 * next(_COUNT)
    other = chance.choice(
        (now + chance.randrange(-(10**12), 10**9), chance.choice(_NUMBERS), chance.randrange(-(2**63), 2**63))
    )
    return near if chance.random() < 0.9 else other


async def fuzz(pool: Pool, bus: Bus, records: int, seed: int) -> Outcome:
    """Sends at least so many records, and counts what became of them."""
    chance, ids, clock, outcome = random.Random(seed), Uuid7Ids(), SystemClock(), Outcome()
    who = Caller(ids.new(), ids.new())
    text = "date," + ",".join(SYMBOLS) + "\n2024-01-02" + ",100" * len(SYMBOLS) + "\n"
    await PostgresPrices(pool, ids).store(delivery(who, text, clock.now()), keep=True)
    found = await PostgresDatasets(pool).find(who, "prices")
    assert found is not None
    dataset_id = found.id
    await pool.execute("SELECT keep_feed($1)", time.time_ns())
    before = await _counts(pool, dataset_id)
    wanted = processing(ProcessRecords(clock, ids, ExchangeCalendars()), MemoryBus())  # type: ignore[arg-type]
    processor = BatchConsumer(pool, bus, wanted, BatchMeter(CollectorRegistry()))
    await processor.begin()
    while outcome.sent < records:
        payloads = [any_message(chance, dataset_id, time.time_ns()) for _ in range(_TURN)]
        await bus.publish(MARKET_DATA.name, [_enveloped(each, ids, clock) for each in payloads], "")
        outcome.sent += sum(_records_in(each, dataset_id) for each in payloads)
        while await processor.turn() or await processor.turn():
            continue
    after = await _counts(pool, dataset_id)
    outcome.stored, outcome.apart = (b - a for a, b in zip(before[:2], after[:2], strict=True))
    outcome.faults = after[2]
    dead = MARKET_DATA.name + DEAD_LETTERS
    outcome.dead = len(await bus.read(dead, dict.fromkeys(range(bus.partitions(dead)), START), 1000))
    return outcome


def _records_in(payload: bytes, dataset_id: str) -> int:
    """How many records a message is: none if it is for a dataset that does not exist, or lets out what is not there."""
    read = from_payload(payload)
    if read.stream.dataset_id not in (dataset_id, NOWHERE):
        return 0
    if not hasattr(read, "price"):
        return 1
    return 0 if read.released else len(read.price)


def _enveloped(payload: bytes, ids: Any, clock: Any) -> Message:
    now = clock.now()
    whole = {"event_id": ids.new(), "topic": MARKET_DATA.name, "type": "market_records", "key": payload[:4].hex()}
    return Message(
        **whole, seq=0, occurred_at=now, knowledge_at=now, traceparent="", user_id="", tenant_id="", schema_version=1,
        payload=payload,
    )  # fmt: skip


async def _counts(pool: Pool, dataset_id: str) -> tuple[int, int, dict[int, int]]:
    ticks = "SELECT count(*) FROM ticks t JOIN series s ON s.id = t.series_id WHERE s.dataset_id = $1"
    apart = "SELECT fault, count(*) FROM quarantine WHERE dataset_id = ANY ($1::uuid[]) GROUP BY fault"
    rows = await pool.fetch(apart, [dataset_id, NOWHERE])
    faults = {row["fault"]: row["count"] for row in rows}
    return int(await pool.fetchval(ticks, dataset_id) or 0), sum(faults.values()), faults


async def _alone(records: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="qpo-fuzz-") as name:
        folder = Path(name)
        postgres, redis = Postgres(folder / "pg", folder / "p", durable=False), Redis(folder / "redis", folder / "r")
        with running(postgres, folder / "postgres.log"), running(redis, folder / "redis.log"):
            url = postgres.url()
            given: dict[str, Any] = {"port": 0, "metrics_port": 0, "auth_address": "unix:/nowhere"}
            given |= {"redis_url": redis.url, "page_token_key_file": folder / "key", "migration_url": url}
            settings = MarketDataSettings(**given, database_url=url.replace("postgres@", "qpo_marketdata@"))
            async with await prepare(settings, "marketdata", MIGRATIONS) as pool, open_bus(redis.url) as bus:
                return await fuzz(pool, bus, records, seed)


def main() -> int:
    """Fuzzes and reports; 1 if anything was lost or could not be taken in."""
    parser = argparse.ArgumentParser(prog="python -m tests.marketdata.fuzz", description="Anything on the bus.")
    parser.add_argument("--records", type=int, default=100_000, help="at least so many (100,000)")
    parser.add_argument("--seed", type=int, default=1, help="deals them (1)")
    asked = parser.parse_args()
    found = asyncio.run(_alone(asked.records, asked.seed))
    sys.stdout.write(
        f"{found.sent:,} records: {found.stored:,} stored, {found.apart:,} kept apart, {found.lost} lost,"
        f" {found.dead} dead letters; by fault {dict(sorted(found.faults.items()))}\n"
    )
    return 1 if found.lost or found.dead else 0


if __name__ == "__main__":
    sys.exit(main())
