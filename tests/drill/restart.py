"""`python -m tests.drill.restart`: replace every process of a mesh under load, and miss no call.

Calls are made at a fixed rate, whatever the mesh does meanwhile, each of them once: reads and writes with a request_id,
half of them over gRPC, half over REST, all through the edge. Beside them ticks are fed, and followed on an open stream,
which may be cut when its process goes and is then resumed behind its cursor; of the ticks none may be missed. First
every service is replaced, replica after replica, then the edge by its successor.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
from google.protobuf.field_mask_pb2 import FieldMask
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub
from qpo.portfolio.v1 import portfolio_pb2
from qpo.types.v1.decimal_pb2 import Decimal

from stack import elsewhere
from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.drill import feed
from tests.drill.client import Person, identified, message
from tests.drill.edge import Edge, GrpcEdge, Refused, RestEdge
from tests.drill.load import problem, strategy
from tests.drill.people import person

# Of the library's own but the proxy: a client that gives up a connection early would be measured in the mesh's place.
# By itself the library sends a call again that the end of a connection left unsent, and no other.
CHANNEL = (("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1))
PATIENCE = 20.0  # seconds that a call may take
BEAT = 0.25  # seconds between two pieces of the feed
CALM = 30.0  # seconds in which the last ticks must be seen, and the last jobs solved
# How often each is done, in parts.
MIX = {"read": 50, "list": 10, "whoami": 10, "update": 20, "create": 4, "rebalance": 2, "solve": 3, "optimize": 1}


@dataclass
class Outcome:
    """What was asked, what failed, and how long it took."""

    calls: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)  # of each call, from when it was due
    jobs: list[str] = field(default_factory=list)
    resumed: int = 0
    ticks: int = 0
    done: list[str] = field(default_factory=list)  # what the mesh told of its restarts

    def quantile(self, share: float) -> float:
        """Seconds within which this share of the calls was answered."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))] if self.seconds else 0.0


class Load:
    """Calls of one user at a fixed rate: an open loop, which a slow answer does not slow down."""

    def __init__(self, who: Person, edges: Sequence[Edge], rate: float, outcome: Outcome) -> None:
        self._who, self._edges, self._rate, self._outcome = who, edges, rate, outcome
        self._chance = random.Random(1)
        self._portfolios: list[str] = []

    async def begin(self) -> None:
        """Creates what is read later; each optimizer has solved before, as on any day but the first."""
        for _ in range(4):
            await self._create(self._edges[0])
        for _ in range(16):
            await self._solve(self._edges[0])

    async def run(self, over: asyncio.Event) -> None:
        """Calls until it is over, and waits for the last answers."""
        began, pending = time.monotonic(), set[asyncio.Task[None]]()
        number = 0
        while not over.is_set():
            number += 1
            due = began + number / self._rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.ensure_future(self._one(due))
            pending.add(task)
            task.add_done_callback(pending.discard)
        await asyncio.gather(*pending)

    async def _one(self, due: float) -> None:
        (habit,) = self._chance.choices(list(MIX), list(MIX.values()))
        edge = self._chance.choice(self._edges)
        self._outcome.calls[f"{habit} {edge.name}"] += 1
        try:
            await getattr(self, f"_{habit}")(edge)
        except Exception as error:
            # An answer that cannot be read is none either; and nobody looks at what a finished task has raised.
            why = error if isinstance(error, Refused) else f"{type(error).__name__} {error}"
            after = time.monotonic() - due
            self._outcome.failures.append(f"{habit} over {edge.name} after {after:.2f} s: {why}")
        self._outcome.seconds.append(time.monotonic() - due)

    async def _call(self, edge: Edge, method: str, **fields: Any) -> Any:
        return await edge.call(method, identified(message(method, **fields), self._chance), self._who.token, PATIENCE)

    def _mine(self) -> str:
        return self._chance.choice(self._portfolios)

    async def _read(self, edge: Edge) -> None:
        await self._call(edge, "GetPortfolio", portfolio_id=self._mine())

    async def _list(self, edge: Edge) -> None:
        await self._call(edge, "ListPortfolios", page_size=5)

    async def _whoami(self, edge: Edge) -> None:
        await self._call(edge, "WhoAmI")

    async def _update(self, edge: Edge) -> None:
        name = f"n{self._chance.random()}"
        wanted = {"portfolio": portfolio_pb2.Portfolio(name=name), "update_mask": FieldMask(paths=["name"])}
        await self._call(edge, "UpdatePortfolio", portfolio_id=self._mine(), **wanted)

    async def _create(self, edge: Edge) -> None:
        fields = {"name": "drilled", "strategy": strategy(), "initial_cash": Decimal(value="1000.00")}
        made = await self._call(edge, "CreatePortfolio", **fields)
        self._portfolios.append(made.portfolio.id)

    async def _rebalance(self, edge: Edge) -> None:
        # One at a time each: who meets another's change is told so, and that is no failure of the mesh.
        portfolio = (await self._created(edge)).portfolio.id
        await self._call(edge, "RebalancePortfolio", portfolio_id=portfolio)

    async def _created(self, edge: Edge) -> Any:
        fields = {"name": "rebalanced", "strategy": strategy(), "initial_cash": Decimal(value="1000.00")}
        return await self._call(edge, "CreatePortfolio", **fields)

    async def _solve(self, edge: Edge) -> None:
        fields = problem(self._chance)
        await edge.call("Solve", identified(fields, self._chance), self._who.token, PATIENCE)

    async def _optimize(self, edge: Edge) -> None:
        symbols = list(strategy().universe)
        job = await self._call(edge, "Optimize", dataset=strategy().dataset, universe=symbols)
        self._outcome.jobs.append(job.job_id)

    async def jobs_end(self) -> None:
        """Waits until every job is solved; those that are not are failures."""
        deadline, left = time.monotonic() + CALM, set(self._outcome.jobs)
        while left and time.monotonic() < deadline:
            for job in list(left):
                told = await self._call(self._edges[0], "GetOptimizationStatus", job_id=job)
                if "SUCCEEDED" in str(told):
                    left.discard(job)
                elif "FAILED" in str(told):
                    self._outcome.failures.append(f"job {job} failed: {told}")
                    left.discard(job)
            await asyncio.sleep(0.2)
        self._outcome.failures += [f"job {job} was not solved in {CALM:.0f} s" for job in left]


class Feed:
    """A few ticks of every symbol, again and again, each piece acknowledged."""

    def __init__(self, stub: Any, who: Person, outcome: Outcome) -> None:
        self._stub, self._outcome = stub, outcome
        self._metadata = (("authorization", f"Bearer {who.token}"),)
        self.sent = 0  # of each symbol

    async def run(self, over: asyncio.Event) -> None:
        """Feeds until it is over."""
        while not over.is_set():
            await self._piece()
            await asyncio.sleep(BEAT)

    async def _piece(self) -> None:
        self.sent += 1
        parts = [pb.IngestTicksRequest(feed={"dataset": feed.DATASET, "source": "drill"})]
        for symbol in feed.SYMBOLS:
            records = {"occurred_at": [time.time_ns()], "prices": [100.0], "sizes": [1.0], "numbers": [self.sent]}
            parts.append(pb.IngestTicksRequest(records=pb.TickRecords(symbol=symbol, **records)))
        self._outcome.calls["feed grpc"] += 1
        try:
            await self._stub.IngestTicks(iter(parts), metadata=self._metadata, timeout=PATIENCE)
        except grpc.aio.AioRpcError as error:
            self._outcome.failures.append(f"feed over grpc: {error.code().name} {error.details()}")


@asynccontextmanager
async def _loaded(mesh: Mesh, rate: float, outcome: Outcome) -> AsyncIterator[None]:
    """A mesh under load until the block is left; then all that was begun has come to its end."""
    async with AsyncExitStack() as held:
        channels = [
            await held.enter_async_context(grpc.aio.insecure_channel(mesh.edge_address, CHANNEL)) for _ in range(4)
        ]
        rest = [httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False) for _ in range(4)]
        edges = [*map(GrpcEdge, channels), *[RestEdge(await held.enter_async_context(each)) for each in rest]]
        who = await person(channels[0], f"u{time.time_ns()}@example.com", 1)
        stub = MarketDataServiceStub(channels[0])
        await feed._make_dataset(stub, who)
        load, feeder, reader = Load(who, edges, rate, outcome), Feed(stub, who, outcome), feed.Reader(stub, who)
        await load.begin()
        over = asyncio.Event()
        following = asyncio.ensure_future(reader.run())
        working = [asyncio.ensure_future(each.run(over)) for each in (load, feeder)]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*working)
        await load.jobs_end()
        deadline = time.monotonic() + CALM
        # The reader is another task, which tells nobody.
        while min(reader.newest[symbol] for symbol in feed.SYMBOLS) < feeder.sent and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        following.cancel()
        missed = {symbol: feeder.sent - reader.newest[symbol] for symbol in feed.SYMBOLS}
        outcome.failures += reader.violations
        outcome.failures += [f"{symbol}: {count} ticks were not seen" for symbol, count in missed.items() if count]
        outcome.resumed, outcome.ticks = reader.resumed, reader.seen


async def drill(mesh: Mesh, parts: Sequence[str], rate: float, seconds: float) -> Outcome:
    """Restarts the parts of a mesh that runs under load for so many seconds, or as long as it takes."""
    outcome = Outcome()
    async with _loaded(mesh, rate, outcome):
        began = time.monotonic()
        await asyncio.sleep(min(2.0, seconds / 10))

        def restart() -> None:
            outcome.done += list(elsewhere.restart(mesh.layout.root, parts))

        await asyncio.to_thread(restart)
        outcome.done.append(f"{time.monotonic() - began:.1f} s of load until all were restarted")
        await asyncio.sleep(max(2.0, seconds - (time.monotonic() - began)))
    return outcome


def settings(state: Path) -> MeshSettings:
    """Two of each; the edge's predecessor ends, and cuts what is left on it, while the load is on."""
    return MeshSettings(state_dir=state, free_ports=True, optimizer_workers=2, limits=False, replicas=2, edge_drain=20)


def main() -> int:
    """Drills and reports; 1 if any call failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill.restart", description="Restart all of it under load.")
    parser.add_argument("--rate", type=float, default=200.0, help="calls per second (200)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of load, for the services and for the edge (60)")
    asked, failed = parser.parse_args(), False
    with tempfile.TemporaryDirectory(prefix="qpo-restart-") as folder, Mesh(settings(Path(folder) / "state")) as mesh:
        for name, parts in {"every service": (), "the edge": ("edge",)}.items():
            outcome = asyncio.run(drill(mesh, parts, asked.rate, asked.seconds))
            report(name, outcome, sys.stdout.write)
            failed |= bool(outcome.failures)
    sys.stdout.write("FAILED\n" if failed else "no failed call\n")
    return int(failed)


def report(name: str, outcome: Outcome, write: Callable[[str], object]) -> None:
    """One line a figure."""
    write(f"{name}: {sum(outcome.calls.values()):,} calls, {len(outcome.failures)} failed\n")
    write("".join(f"  {told}\n" for told in outcome.done))
    write(f"  p50 {outcome.quantile(0.5) * 1000:.0f} ms, p99 {outcome.quantile(0.99) * 1000:.0f} ms")
    write(f", {len(outcome.jobs)} jobs, {outcome.ticks:,} ticks seen, the stream resumed {outcome.resumed} times\n")
    write("".join(f"  FAILURE {each}\n" for each in outcome.failures[:50]))


if __name__ == "__main__":
    sys.exit(main())
