"""Many callers, two replicas, one promise: a read shows every write that was acknowledged before it, and nobody else's.

`python -m tests.mesh.twins.read_your_writes --calls 100000` (`make replicas-drill`) starts a mesh with two of each
service and has callers create, rename, delete and read portfolios over gRPC, through Envoy and at the replicas
themselves: at least half of the reads come right after the other replica wrote. Each caller alone writes its
portfolios and so knows exactly what a read must say; readers of the same user and the administrator know the least it
may say; strangers must be told NOT_FOUND. Prints `name value unit` per figure; exits 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import httpx
from google.protobuf.field_mask_pb2 import FieldMask
from qpo.portfolio.v1 import portfolio_pb2, portfolio_service_pb2
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.mesh.rest import DIRECT, User, administrator

USERS, CALLERS, OWN = 16, 64, 4
DEADLINE = 30.0  # seconds
RENEWED = 300.0  # seconds, of a token that lives for 900
OUTCOMES = (("l1", "hit"), ("l1", "stale"), ("l1", "miss"), ("l2", "hit"), ("l2", "stale"), ("l2", "miss"))


@dataclass
class Known:
    """A portfolio, and the last of it that was acknowledged."""

    id: str
    owner: Person
    version: int
    name: str
    may_be_gone: bool = False  # from the moment when its deletion is asked for
    deleted: bool = False  # from the moment when it is acknowledged


@dataclass
class Person:
    """A user: whoever calls for them has their token."""

    user_id: str
    token: str
    user: User | None = None
    portfolios: list[Known] = field(default_factory=list)

    async def keep_token(self) -> None:
        """Logs in anew from time to time: a long drill outlives a token."""
        while self.user is not None:
            await asyncio.sleep(RENEWED)
            self.token = (await asyncio.to_thread(self.user.log_in))["access_token"]


@dataclass
class Tally:
    """What was seen."""

    calls: int = 0
    reads: int = 0
    after_the_other: int = 0
    stale: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    layers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def figures(self) -> dict[str, tuple[float, str]]:
        """By name: value and unit."""
        found = sum(self.layers[layer, "hit"] for layer in ("l1", "l2"))
        asked = max(1, sum(self.layers["l1", result] for result in ("hit", "stale", "miss")))
        return {
            "calls": (self.calls, "1"),
            "reads": (self.reads, "1"),
            "reads_after_the_other_replica_wrote": (self.after_the_other / max(1, self.reads), "share"),
            "stale_reads": (len(self.stale), "1"),
            "cross_principal_hits": (len(self.foreign), "1"),
            "failed_calls": (self.failed.total(), "1"),
            "l1_hits": (self.layers["l1", "hit"] / asked, "share"),
            "l2_hits": (self.layers["l2", "hit"] / asked, "share"),
            "read_from_postgres": (1 - found / asked, "share"),
            "calls_per_second": (self.calls / self.seconds, "1/s"),
        }


class Ways:
    """The edge, and past it each replica."""

    def __init__(self, edge: PortfolioServiceStub, replicas: tuple[PortfolioServiceStub, PortfolioServiceStub]) -> None:
        self.edge, self.replicas = edge, replicas
        self.all = (edge, *replicas)


class Caller:
    """Makes one call after the other as one person, and says of each answer what is wrong with it."""

    def __init__(self, rng: random.Random, me: Person, world: World) -> None:
        self._rng, self._me, self._world, self._tally = rng, me, world, world.tally
        self._mine: list[Known] = []
        self._writes = 0

    async def run(self, until: int) -> None:
        """Until so many calls have been made by all."""
        for _ in range(OWN):
            await self._create(self._world.ways.edge)
        while self._tally.calls < until:
            turn = self._rng.choices((self._across, self._edge, self._looks, self._anew), (45, 35, 18, 2))[0]
            await turn()

    async def _across(self) -> None:
        """Write at one replica, read twice at the other."""
        here, there = self._rng.sample(self._world.ways.replicas, 2)
        known = self._rng.choice(self._mine)
        if await self._rename(here, known):
            for _ in range(2):
                self._tally.after_the_other += 1
                await self._read(there, self._me, known, exactly=True)

    async def _edge(self) -> None:
        """Through Envoy, which chooses the replica each time."""
        known = self._rng.choice(self._mine)
        if self._rng.random() < 0.5 and not await self._rename(self._world.ways.edge, known):
            return
        await self._read(self._world.ways.edge, self._me, known, exactly=True)

    async def _looks(self) -> None:
        """At what other callers write: as the same user, as the administrator, as a stranger."""
        owner = self._rng.choice(self._world.people)
        if not owner.portfolios:
            return
        known, way = self._rng.choice(owner.portfolios), self._rng.choice(self._world.ways.all)
        if owner is not self._me and self._rng.random() < 0.3:
            await self._read(way, self._world.admin, known)
        elif owner is not self._me:
            await self._pry(way, known)
        else:
            await self._read(way, self._me, known)

    async def _anew(self) -> None:
        """Delete at one replica, look for it at both, create another."""
        here, there = self._rng.sample(self._world.ways.replicas, 2)
        known = self._mine.pop(self._rng.randrange(len(self._mine)))
        request = portfolio_service_pb2.DeletePortfolioRequest(portfolio_id=known.id)
        known.may_be_gone = True
        if await self._called(here.DeletePortfolio, request, self._me) is not None:
            known.deleted = True
            self._tally.after_the_other += 1
            for way in (there, here):
                await self._read(way, self._me, known)
        await self._create(self._world.ways.edge)

    async def _create(self, way: PortfolioServiceStub) -> None:
        request = portfolio_service_pb2.CreatePortfolioRequest(name="new", initial_cash={"value": "1000.00"})
        answer = await self._called(way.CreatePortfolio, request, self._me)
        if answer is not None:
            known = Known(answer.portfolio.id, self._me, int(answer.portfolio.etag), "new")
            self._mine.append(known)
            self._me.portfolios.append(known)

    async def _rename(self, way: PortfolioServiceStub, known: Known) -> bool:
        """Whether the write was acknowledged."""
        self._writes += 1
        name = f"{known.id[-6:]} {self._writes}"
        request = portfolio_service_pb2.UpdatePortfolioRequest(
            portfolio_id=known.id,
            portfolio=portfolio_pb2.Portfolio(name=name),
            update_mask=FieldMask(paths=["name"]),
        )
        answer = await self._called(way.UpdatePortfolio, request, self._me)
        if answer is None:
            # Unknown: it may have been written. What is known of the portfolio is a lower bound no more than before.
            known.name = ""
            return False
        known.version, known.name = int(answer.portfolio.etag), name
        return True

    async def _read(self, way: PortfolioServiceStub, who: Person, known: Known, *, exactly: bool = False) -> None:
        version, name, deleted = known.version, known.name, known.deleted
        self._tally.reads += 1
        answer = await self._got(way, who, known)
        if isinstance(answer, grpc.StatusCode):
            if answer is grpc.StatusCode.NOT_FOUND and not known.may_be_gone:
                self._tally.stale.append(f"{known.id} was not found before it was deleted")
            return
        found = answer.portfolio
        if (found.id, found.user_id) != (known.id, known.owner.user_id):
            self._tally.foreign.append(f"asked for {known.id}, got {found.id} of {found.user_id}")
        elif deleted or int(found.etag) < version or (exactly and name and found.name != name):
            self._tally.stale.append(f"{known.id}: version {found.etag} {found.name!r} after {version} {name!r}")

    async def _pry(self, way: PortfolioServiceStub, known: Known) -> None:
        self._tally.reads += 1
        answer = await self._got(way, self._me, known)
        if not isinstance(answer, grpc.StatusCode):
            self._tally.foreign.append(f"{self._me.user_id} read {known.id} of {known.owner.user_id}")

    async def _got(self, way: PortfolioServiceStub, who: Person, known: Known):
        """The answer, or the code of the refusal."""
        request = portfolio_service_pb2.GetPortfolioRequest(portfolio_id=known.id)
        try:
            return await self._counted(way.GetPortfolio, request, who)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                self._tally.failed[error.code().name] += 1
            return error.code()

    async def _called(self, method, request, who: Person):
        try:
            return await self._counted(method, request, who)
        except grpc.aio.AioRpcError as error:
            self._tally.failed[error.code().name] += 1
            return None

    async def _counted(self, method, request, who: Person):
        self._tally.calls += 1
        return await method(request, metadata=(("authorization", f"Bearer {who.token}"),), timeout=DEADLINE)


@dataclass
class World:
    """What callers share."""

    ways: Ways
    people: list[Person]
    admin: Person
    tally: Tally = field(default_factory=Tally)


async def drilled(mesh: Mesh, root: User, calls: int, seed: int = 1, callers: int = CALLERS) -> Tally:
    """Many calls on a ready mesh of two replicas, whose administrator is `root`, and what came of them."""
    people = await asyncio.gather(*(asyncio.to_thread(_registered, mesh) for _ in range(USERS)))
    async with AsyncExitStack() as stack:
        addresses = mesh.edge_address, mesh.address("portfolio"), mesh.address("portfolio-2")
        channels = [await stack.enter_async_context(grpc.aio.insecure_channel(each, DIRECT)) for each in addresses]
        edge, one, other = map(PortfolioServiceStub, channels)
        admin = await asyncio.to_thread(lambda: Person(root.user_id, root.token, root))
        world = World(Ways(edge, (one, other)), people, admin)
        before, began = await _layers(mesh), time.perf_counter()
        each = [Caller(random.Random(f"{seed} {number}"), people[number % USERS], world) for number in range(callers)]
        keeping = [asyncio.create_task(person.keep_token()) for person in (*people, admin)]
        await asyncio.gather(*(caller.run(calls) for caller in each))
        for task in keeping:
            task.cancel()
        world.tally.seconds = time.perf_counter() - began
        world.tally.layers = await _layers(mesh) - before
    return world.tally


def _registered(mesh: Mesh) -> Person:
    user = User(mesh.edge_url, mesh.edge_address).register()
    return Person(user.user_id, user.token, user)


async def _layers(mesh: Mesh) -> Counter[tuple[str, str]]:
    """What the caches of both replicas have counted."""
    total: Counter[tuple[str, str]] = Counter()
    async with httpx.AsyncClient(trust_env=False) as client:
        for name in ("portfolio", "portfolio-2"):
            page = await _read(client, f"http://{mesh.metrics_address(name)}/metrics")
            for layer, result in OUTCOMES:
                start = f'cache_requests_total{{cache="portfolio",layer="{layer}",result="{result}"}} '
                total[layer, result] += sum(
                    int(float(line.removeprefix(start))) for line in page.splitlines() if line.startswith(start)
                )
    return total


async def _read(client: httpx.AsyncClient, url: str) -> str:
    """What an endpoint says, asked a second time if the connection broke: whether its process did, the mesh tells."""
    try:
        return (await client.get(url)).text
    except httpx.NetworkError:
        return (await client.get(url)).text


def main() -> int:
    """The drill by itself, on a mesh of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--callers", type=int, default=CALLERS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qpo-twins-") as folder:
        settings = MeshSettings(
            state_dir=Path(folder) / "state", free_ports=True, durable=False, replicas=2, limits=False
        )
        with Mesh(settings) as mesh:
            tally = asyncio.run(drilled(mesh, administrator(mesh), given.calls, given.seed, given.callers))
    for name, (value, unit) in tally.figures().items():
        print(f"{name} {value:.10g} {unit}")
    for line in (*tally.stale[:5], *tally.foreign[:5], *map(str, tally.failed.items())):
        print(f"# {line}")
    return 1 if tally.stale or tally.foreign or tally.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
