"""`python -m tests.drill.feed`: kill -9 what a live feed runs through, and check that every tick is stored once.

A feeder sends numbered ticks, a piece at a time, and sends a piece again until the bus has acknowledged it. A reader
follows the ticks and resumes by cursor whenever its stream is cut. Afterwards the store and the reader must agree with
what was sent, to the tick; and so must the InfluxDB that mirrors the store, if there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import grpc
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.drill.beside import Beside, Broker, Mirror
from tests.drill.people import Person, channel_to, keep_fresh, person
from tests.drill.targets import Target, kill, target_of

KINDS = ("marketdata", "postgres", "redis", "envoy")
SYMBOLS = tuple(f"S{number:02d}" for number in range(20))
PIECE = 2000  # records sent and acknowledged at once
PAUSE = (0.2, 1.2)  # seconds between two kills
CALM = 120.0  # seconds in which all must be stored and seen, once the kills are over
SECOND = 1_000_000_000
DATASET = "drilled"


@dataclass(frozen=True)
class Plan:
    """What is drilled."""

    ticks: int = 1_000_000
    kills: int = 20
    seed: int = 1
    kafka: bool = False  # the bus is a Kafka of the drill's own, which is killed too
    influx: bool = False  # an InfluxDB of the drill's own mirrors the store, and is killed too


@dataclass
class Outcome:
    """What was sent, what was stored and what was seen."""

    sent: Counter[str] = field(default_factory=Counter)  # records by symbol, each with its own number
    pieces_again: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    mirrored: int = 0
    violations: list[str] = field(default_factory=list)
    reader: Reader | None = None
    seconds: float = 0.0


class Feeder:
    """Sends a random walk of each symbol."""

    def __init__(self, stub: Any, who: Person, plan: Plan, outcome: Outcome) -> None:
        self._stub, self._who, self._plan, self._outcome = stub, who, plan, outcome
        self._chance = random.Random(plan.seed)
        self._price = dict.fromkeys(SYMBOLS, 100.0)
        self.left = plan.ticks

    async def run(self, keep_on: Callable[[], bool]) -> None:
        """Sends all, and more while it is told to."""
        while self.left > 0 or keep_on():
            await self._send(self._piece())
            self.left -= PIECE
            await asyncio.sleep(0)

    def _piece(self) -> list[pb.TickRecords]:
        """The next records of every symbol; some happen in the same nanosecond."""
        now, each = time.time_ns(), PIECE // len(SYMBOLS)
        messages = []
        for symbol in SYMBOLS:
            first = self._outcome.sent[symbol] + 1
            self._outcome.sent[symbol] += each
            message = pb.TickRecords(symbol=symbol)
            for number in range(first, first + each):
                self._price[symbol] *= 1 + self._chance.gauss(0, 1e-4)
                message.occurred_at.append(now + (number - first) // 2)
                message.prices.append(self._price[symbol])
                message.sizes.append(1.0)
                message.numbers.append(number)
            messages.append(message)
        return messages

    async def _send(self, messages: list[pb.TickRecords]) -> None:
        requests = [pb.IngestTicksRequest(feed={"dataset": DATASET, "source": "drill"})]
        requests += [pb.IngestTicksRequest(records=message) for message in messages]
        while True:
            try:
                answer = await self._stub.IngestTicks(iter(requests), metadata=_signed(self._who), timeout=20)
            except grpc.aio.AioRpcError as error:
                # What of it was taken is not known: all of it is sent again.
                if _is_wrong(error):
                    self._outcome.violations.append(f"a piece was answered {error.code().name}: {error.details()}")
                self._outcome.pieces_again += 1
                await asyncio.sleep(0.1)
            else:
                assert answer.records == PIECE
                return


class Reader:
    """Follows all symbols; resumes behind its cursor."""

    def __init__(self, stub: Any, who: Person) -> None:
        self._stub, self._who = stub, who
        self.newest = Counter[str]()
        self.seen = self.conflated = self.passed_over = self.resumed = 0
        self.violations = list[str]()

    async def run(self) -> None:
        """Until it is cancelled."""
        cursor = ""
        while True:
            request = pb.SubscribeTicksRequest(dataset=DATASET, cursor=cursor)
            stream = self._stub.SubscribeTicks(request, metadata=_signed(self._who), timeout=600)
            try:
                async for frame in stream:
                    self._take(frame)
                    cursor = frame.cursor
            except grpc.aio.AioRpcError as error:
                if _is_wrong(error):
                    self.violations.append(f"the stream ended {error.code().name}: {error.details()}")
            self.resumed += 1
            await asyncio.sleep(0.1)

    def _take(self, frame: Any) -> None:
        """A tick's number says how many there were before it: none may come twice, and what lacks must be told."""
        lacking = 0
        for tick in frame.ticks:
            step = int(tick.seq) - self.newest[tick.symbol]
            if step <= 0 and not (frame.snapshot and step == 0):
                self.violations.append(f"{tick.symbol} {tick.seq:.0f} came after {self.newest[tick.symbol]}")
            lacking += max(0, step - 1)
            self.newest[tick.symbol] = max(self.newest[tick.symbol], int(tick.seq))
        self.seen += len(frame.ticks)
        if frame.snapshot:
            self.passed_over += lacking
            return
        self.conflated += frame.conflated
        if frame.conflated != lacking:
            self.violations.append(f"{lacking} ticks were left out and {frame.conflated} were told")


def _is_wrong(error: grpc.aio.AioRpcError) -> bool:
    """Whether the platform itself answered what no outage excuses. Of a cut connection grpc.aio says INTERNAL too."""
    wrong = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INVALID_ARGUMENT)
    answered = "grpc-status-details-bin" in dict(error.trailing_metadata() or ())
    return error.code() in wrong and answered


async def drill(plan: Plan, tell: Callable[[str], None] = print) -> Outcome:
    """Runs the plan; returns what came of it."""
    outcome, began = Outcome(), time.monotonic()
    async with contextlib.AsyncExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="qpo-feed-")))
        broker = await held.enter_async_context(Broker(folder)) if plan.kafka else None
        mirror = await held.enter_async_context(Mirror(folder / "influx")) if plan.influx else None
        url = broker.part.url if broker else ""
        settings = MeshSettings(
            state_dir=folder / "state", free_ports=True, optimizer_workers=1, limits=False, kafka_url=url
        )
        mesh = Mesh(settings)
        await asyncio.to_thread(mesh.__enter__)
        try:
            await _drilled(plan, mesh, Beside(broker, mirror), outcome, tell)
            if outcome.violations:
                tell(f"the logs are kept in {_kept(mesh)}")
        finally:
            await asyncio.to_thread(mesh.stop)
    outcome.seconds = time.monotonic() - began
    return outcome


async def _drilled(plan: Plan, mesh: Mesh, beside: Beside, outcome: Outcome, tell: Callable[[str], None]) -> None:
    async with channel_to(mesh.edge_address) as channel:
        stub, who = MarketDataServiceStub(channel), await person(channel, "feeder@example.com", plan.seed)
        await _make_dataset(stub, who)
        reader = outcome.reader = Reader(stub, who)
        feeder = Feeder(stub, who, plan, outcome)
        meanwhile = [asyncio.ensure_future(keep_fresh([who])), asyncio.ensure_future(reader.run())]
        killing = asyncio.ensure_future(_kill(plan, mesh, beside, outcome, tell))
        try:
            await feeder.run(lambda: not killing.done())
            await killing
            tell(f"{sum(outcome.sent.values()):,} ticks sent; waiting until all are stored and seen")
            await _at_rest(mesh, beside.influx, outcome)
        finally:
            for task in (*meanwhile, killing):
                task.cancel()
        outcome.violations += reader.violations
        await _check(mesh, outcome)
        if beside.influx is not None:
            await _check_mirror(mesh, beside.influx, outcome)


def _kept(mesh: Mesh) -> Path:
    """A copy of what the mesh has logged, which outlives the drill."""
    folder = Path(tempfile.mkdtemp(prefix="qpo-feed-logs-"))
    return Path(shutil.copytree(mesh.layout.log("redis").parent, folder, dirs_exist_ok=True))


def _signed(who: Person) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {who.token}"),)


async def _make_dataset(stub: Any, who: Person) -> None:
    header = pb.IngestHeader(dataset=DATASET, format=pb.PRICE_FORMAT_CSV)
    text = "date," + ",".join(SYMBOLS) + "\n2024-01-02" + ",100" * len(SYMBOLS) + "\n"
    parts = [pb.IngestPricesRequest(header=header), pb.IngestPricesRequest(chunk=text.encode())]
    await stub.IngestPrices(iter(parts), metadata=_signed(who), timeout=30)


async def _kill(plan: Plan, mesh: Mesh, beside: Beside, outcome: Outcome, tell: Callable[[str], None]) -> None:
    chance = random.Random(plan.seed)
    kinds = (*KINDS, *beside.kinds)
    cards = [kinds[number % len(kinds)] for number in range(plan.kills)]
    chance.shuffle(cards)
    for kind in cards:
        await asyncio.sleep(chance.uniform(*PAUSE))
        if kind in beside.kinds:
            await beside.kinds[kind].kill()
        else:
            await asyncio.to_thread(kill, await _target(mesh, kind, chance))
        outcome.kills[kind] += 1
        tell(f"kill {outcome.kills.total()}: {kind}; {sum(outcome.sent.values()):,} ticks sent")


async def _target(mesh: Mesh, kind: str, chance: random.Random) -> Target:
    """A living process of that kind; one that still starts is waited for."""
    while True:
        target = await asyncio.to_thread(target_of, mesh, kind, chance)
        if target is not None:
            return target
        await asyncio.sleep(0.05)


async def _at_rest(mesh: Mesh, mirror: Mirror | None, outcome: Outcome) -> None:
    """Returns once every tick is stored and mirrored and the reader has come to the last ones, or after the calm."""
    total, until = sum(outcome.sent.values()), time.monotonic() + CALM
    while time.monotonic() < until:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            outcome.stored = await _value(mesh, "SELECT count(*) FROM marketdata.ticks")
        if mirror is not None:
            outcome.mirrored = sum(count for count, _ in (await mirror.ticks()).values())
        assert outcome.reader is not None
        mirrored = mirror is None or outcome.mirrored >= total
        if mirrored and outcome.stored >= total and sum(outcome.reader.newest.values()) >= total:
            return
        await asyncio.sleep(0.25)


async def _check(mesh: Mesh, outcome: Outcome) -> None:
    """Every tick once, in the order of its symbol, in the bars and the counts too."""
    total, reader = sum(outcome.sent.values()), outcome.reader
    assert reader is not None
    rows = await _rows(
        mesh,
        "SELECT symbol, count(*) AS ticks, count(DISTINCT number) AS numbers, max(number) AS last, max(t.seq) AS seq,"
        " bool_and(t.seq = number) AS ordered FROM marketdata.ticks t JOIN marketdata.series s ON s.id = series_id"
        " GROUP BY symbol",
    )
    stored = {row["symbol"]: tuple(row)[1:] for row in rows}
    for symbol, count in outcome.sent.items():
        if stored.get(symbol) != (count, count, count, count, True):
            outcome.violations.append(
                f"{symbol}: {count:,} sent, stored (ticks, numbers, last, seq, ordered) {stored.get(symbol)}"
            )
        if reader.newest[symbol] != count:
            outcome.violations.append(f"{symbol}: the reader has come to {reader.newest[symbol]:,} of {count:,}")
    if (told := reader.seen + reader.conflated + reader.passed_over) < total:
        outcome.violations.append(f"the reader was told of {told:,} of {total:,} ticks")
    accepted = await _value(mesh, "SELECT sum(count)::bigint FROM marketdata.quality WHERE finding = 0")
    if accepted != total:
        outcome.violations.append(f"{accepted:,} were counted as accepted of {total:,}")
    if strange := await _rows(mesh, "SELECT fault, count(*) FROM marketdata.quarantine WHERE fault <> 9 GROUP BY 1"):
        outcome.violations.append(f"kept apart, although nothing was wrong: {[tuple(row) for row in strange]}")


async def _check_mirror(mesh: Mesh, mirror: Mirror, outcome: Outcome) -> None:
    """It has every tick once, at its price."""
    prices = await _rows(
        mesh,
        "SELECT symbol, sum(price) FROM marketdata.ticks JOIN marketdata.series s ON s.id = series_id GROUP BY symbol",
    )
    mirrored = await mirror.ticks()
    for symbol, price in map(tuple, prices):
        count, total = mirrored.get(symbol, (0, 0.0))
        if count != outcome.sent[symbol] or not math.isclose(total, price, rel_tol=1e-9):
            outcome.violations.append(
                f"{symbol}: {outcome.sent[symbol]:,} of {price} in all were sent, {count:,} of {total} mirrored"
            )


async def _rows(mesh: Mesh, query: str) -> list[Any]:
    folder = quote(str(Path(mesh.address("postgres")).parent), safe="")
    connection = await asyncpg.connect(f"postgresql://postgres@/qpo?host={folder}")
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def _value(mesh: Mesh, query: str) -> int:
    [row] = await _rows(mesh, query)
    return int(row[0] or 0)


def main() -> int:
    """Drills and reports; 1 on any violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill.feed", description="Kill what a feed runs through.")
    parser.add_argument("--ticks", type=int, default=1_000_000, help="to send (1,000,000)")
    parser.add_argument("--kills", type=int, default=20, help="processes to kill (20)")
    parser.add_argument("--seed", type=int, default=1, help="deals prices, kinds and pauses (1)")
    parser.add_argument("--kafka", action="store_true", help="over a Kafka (`make kafka`), which is killed too")
    parser.add_argument("--influx", action="store_true", help="mirrored into an InfluxDB, which is killed too")
    outcome = asyncio.run(drill(Plan(**vars(parser.parse_args()))))
    reader = outcome.reader
    assert reader is not None
    sys.stdout.write(
        f"{sum(outcome.sent.values()):,} ticks, {outcome.kills.total()} kills {dict(outcome.kills)},"
        f" {outcome.pieces_again} pieces sent again, {outcome.seconds:.0f} s\n"
        f"stored {outcome.stored:,}; mirrored {outcome.mirrored:,}; seen {reader.seen:,}, overtaken"
        f" {reader.conflated:,}, passed over by snapshots {reader.passed_over:,}, resumed {reader.resumed} times\n"
        + "".join(f"VIOLATION {each}\n" for each in outcome.violations[:50])
        + ("FAILED\n" if outcome.violations else "no violation\n")
    )
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
