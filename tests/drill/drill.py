"""One drill: a mesh, its users, their load, the kills, and what is left afterwards."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.drill.client import Client, Person, message
from tests.drill.edge import Edge, GrpcEdge, RestEdge
from tests.drill.gather import gather, until_quiet
from tests.drill.history import Writer
from tests.drill.load import Customer, strategy
from tests.drill.people import channel_to, keep_fresh, person
from tests.drill.recovery import Observer
from tests.drill.supervisor import Supervisor

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drilled."""

    kills: int = 300
    seed: int = 1
    replicas: int = 1
    # Calls per second that the clients together try for.
    rate: float = 20.0
    users: int = 4
    clients: int = 8
    # Seconds after the load in which jobs and events must come to rest.
    calm: float = 90.0


async def drill(plan: Plan, history: Path, tell: Callable[[str], None] = print) -> None:
    """Runs the plan and writes the history."""
    writer = Writer(history)
    try:
        with tempfile.TemporaryDirectory(prefix="qpo-drill-") as folder:
            settings = mesh_settings(plan, Path(folder) / "state")
            mesh = Mesh(settings)
            began = time.monotonic()
            await asyncio.to_thread(mesh.__enter__)
            try:
                tell(f"mesh ready after {time.monotonic() - began:.1f} s")
                await _drilled(plan, mesh, writer, tell)
            finally:
                await asyncio.to_thread(mesh.stop)
                shutil.copytree(mesh.layout.root / "logs", history.with_suffix(".logs"), dirs_exist_ok=True)
    finally:
        writer.close()


def mesh_settings(plan: Plan, state: Path) -> MeshSettings:
    """A mesh of its own: free ports, a state folder that nobody else knows, writes that wait for the disk."""
    replicas = {"replicas": plan.replicas} if "replicas" in MeshSettings.model_fields else {}
    return MeshSettings(state_dir=state, free_ports=True, optimizer_workers=WORKERS, limits=False, **replicas)


async def _drilled(plan: Plan, mesh: Mesh, writer: Writer, tell: Callable[[str], None]) -> None:
    chance = random.Random(plan.seed)
    async with AsyncExitStack() as open_things:
        channel = await open_things.enter_async_context(channel_to(mesh.edge_address))
        rest = await open_things.enter_async_context(httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False))
        people = [await person(channel, f"user{n}@example.com", plan.seed) for n in range(plan.users)]
        watcher = await person(channel, "watcher@example.com", plan.seed)
        async with _working(plan, mesh, people, writer, chance):
            observer = Observer(channel, rest, watcher, await _portfolio_of(watcher, channel, writer), WORKERS)
            supervisor = Supervisor(mesh, observer, writer, kills=plan.kills, chance=chance)
            fresh = asyncio.ensure_future(keep_fresh([*people, watcher]))
            progress = asyncio.ensure_future(_told(supervisor, plan, tell))
            try:
                await supervisor.run()
            finally:
                fresh.cancel()
                progress.cancel()
    url = f"postgresql://postgres@/qpo?host={quote(str(Path(mesh.address('postgres')).parent), safe='')}"
    tell(f"at rest after {await until_quiet(url, plan.calm):.1f} s")
    await gather(url, f"unix://{mesh.address('redis')}", mesh.layout.secrets("portfolio") / "keyring.json", writer)


async def _portfolio_of(watcher: Person, channel: Any, writer: Writer) -> str:
    """The portfolio that the watcher reads; made like any other, so that every row has its request."""
    client = Client(0, watcher, GrpcEdge(channel), writer, chance=random.Random(0))
    made = await client.call("CreatePortfolio", message("CreatePortfolio", name="watched", strategy=strategy()))
    return str(made.portfolio.id)


@asynccontextmanager
async def _working(
    plan: Plan, mesh: Mesh, people: list[Person], writer: Writer, chance: random.Random
) -> AsyncIterator[None]:
    """The clients at work, every fourth over REST, until the block is left; then each ends what it does."""
    stop = asyncio.Event()
    async with AsyncExitStack() as edges:
        customers = []
        for number, who in zip(range(1, plan.clients + 1), itertools.cycle(people), strict=False):
            edge = await _edge(mesh, edges, rest=number % 4 == 0)
            client = Client(number, who, edge, writer, chance=random.Random(chance.random()))
            customers.append(Customer(client, people))
        pause = plan.clients / plan.rate
        tasks = [asyncio.ensure_future(customer.work(stop, pause)) for customer in customers]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)


async def _edge(mesh: Mesh, edges: AsyncExitStack, *, rest: bool) -> Edge:
    """A connection of the client's own."""
    if rest:
        client = httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False)
        return RestEdge(await edges.enter_async_context(client))
    return GrpcEdge(await edges.enter_async_context(channel_to(mesh.edge_address)))


async def _told(supervisor: Supervisor, plan: Plan, tell: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(15)
        tell(f"{supervisor.done} of {plan.kills} kills")
