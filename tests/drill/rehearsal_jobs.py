"""A drill of jobs without a mesh: two replicas of optimizer's runner on a real PostgreSQL, killed and frozen at random.

A killed replica gives nothing back: from that moment the store hears no more of it. A frozen one is a process that
was stopped for longer than its lease, and then goes on as if nothing had been.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from chassis.bus_redis import open_bus
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.relay import Relay
from services.optimizer.adapters.bells_postgres import PostgresBells
from services.optimizer.adapters.job_book_postgres import PostgresJobBook
from services.optimizer.adapters.job_news import TOPIC, JobNews
from services.optimizer.adapters.job_queue_postgres import PostgresJobQueue
from services.optimizer.adapters.meter_prometheus import PrometheusMeter
from services.optimizer.app.bells import Bells
from services.optimizer.app.errors import StoreUnavailable, WorkerLost
from services.optimizer.app.ports import Report, Universe
from services.optimizer.app.remembered import Forgetful
from services.optimizer.app.run_jobs import Pace, RunJobs
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.solvers import CHOOSING
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.rpc.errors import error_table
from services.optimizer.rpc.servicer import OptimizerServicer
from services.optimizer.rpc.use_cases import Ports, UseCases
from tests.drill.client import Client, Person
from tests.drill.gather import until_quiet
from tests.drill.history import Run, Writer, assembled
from tests.drill.load import Customer
from tests.drill.rehearsal import CUT, Cut, Stage, collected
from tests.optimizer.problems import control, problem

MIX = {"optimize": 10, "follow": 12}
LEASE, SWEEP = 0.25, 0.05  # seconds


class FickleSolvers:
    """One optimum for every problem, after a moment; now and then its process is lost."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._found = ChoosingEngine().solve(problem(), control())

    async def solve(self, problem: bytes, seconds: float, report: Report | None = None) -> Optimum:
        """See Solvers.solve."""
        await asyncio.sleep(self._chance.uniform(0.005, 0.12))
        if self._chance.random() < 0.25:
            raise WorkerLost(CHOOSING)
        return self._found


class SteadyMoments:
    """The same moments of whatever is asked."""

    async def estimate(self, universe: Universe, with_scenarios: bool = False) -> Moments:
        """See MomentsSource.estimate."""
        return problem().moments


class Mortal:
    """The store as one replica reaches it: until it is killed, and not while it is frozen."""

    def __init__(self, queue: PostgresJobQueue) -> None:
        self._queue, self._killed, self._awake = queue, False, asyncio.Event()
        self._awake.set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def reached(*arguments: Any, **named: Any) -> Any:
            await self._awake.wait()
            if self._killed:
                raise StoreUnavailable("this replica is dead")
            return await getattr(self._queue, name)(*arguments, **named)

        return reached

    def kill(self) -> None:
        """Nothing is heard from here on."""
        self._killed = True
        self._awake.set()

    async def freeze(self, seconds: float) -> None:
        """Stopped, and continued."""
        self._awake.clear()
        await asyncio.sleep(seconds)
        self._awake.set()


class Replica:
    """A runner of jobs, started anew whenever it is killed."""

    def __init__(self, queue: PostgresJobQueue, solvers: FickleSolvers, bells: Bells) -> None:
        self._queue, self._solvers, self._bells = queue, solvers, bells
        self._meter = PrometheusMeter(CollectorRegistry())
        self.start()

    def start(self) -> None:
        """A life."""
        self.reach = Mortal(self._queue)
        run = RunJobs(
            queue=self.reach,
            solvers=self._solvers,  # type: ignore[arg-type] # a job only solves
            results=Forgetful(),
            bells=self._bells,
            meter=self._meter,
            pace=Pace(2, LEASE, SWEEP),
            pause=asyncio.sleep,
        )
        self._running = asyncio.ensure_future(run())

    async def kill(self) -> None:
        """Its end, as sudden as can be."""
        self.reach.kill()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)


async def harried(replicas: list[Replica], chance: random.Random) -> None:
    """Kills and freezes replicas until cancelled."""
    while True:
        await asyncio.sleep(chance.uniform(0.05, 0.2))
        one = chance.choice(replicas)
        if chance.random() < 0.5:
            await one.kill()
            one.start()
        else:
            await one.reach.freeze(2 * LEASE)


@asynccontextmanager
async def optimizer_service(stage: Stage, chance: random.Random) -> AsyncIterator[OptimizerServicer]:
    """optimizer as its composition root wires it, with two replicas that are harried."""
    async with open_bus(stage.redis_url) as bus:
        relay, bells, errors = Relay(stage.pool, bus, TOPIC), Bells(), error_table()
        news, solvers = JobNews(errors, relay.wake), FickleSolvers(chance)
        queue = PostgresJobQueue(stage.pool, CHOOSING, news)
        ports = Ports(
            book=PostgresJobBook(stage.pool, news),
            bells=bells,
            portfolios=None,  # type: ignore[arg-type] # nobody here has one
            moments=SteadyMoments(),
            instruments=None,  # type: ignore[arg-type] # nor limits classes
            universes=None,  # type: ignore[arg-type] # nor puts one
            solvers=solvers,  # type: ignore[arg-type] # a job only solves
            quick=None,  # type: ignore[arg-type] # and over no universe
            results=Forgetful(),
            meter=PrometheusMeter(CollectorRegistry()),
            ids=Uuid7Ids(),
            presence=None,  # type: ignore[arg-type] # nor leaves
        )
        replicas = [Replica(queue, solvers, bells) for _ in range(2)]
        ears = PostgresBells(stage.url, bells)
        beside = [asyncio.ensure_future(each) for each in (relay.run(), ears.listen(), harried(replicas, chance))]
        try:
            yield OptimizerServicer(UseCases.over(ports, 1000), PageTokens(b"k" * 32), errors)
            beside[-1].cancel()
            await asyncio.gather(beside[-1], return_exceptions=True)
            for replica in replicas:
                replica.reach._awake.set()
            await until_quiet(stage.url, 3.0)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, *(replica.kill() for replica in replicas), return_exceptions=True)


async def rehearsed_jobs(stage: Stage, seed: int = 1) -> Run:
    """A run of some hundred calls."""
    chance, writer = random.Random(seed), Writer()
    people = [Person(id, id) for id in (str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(stage.users))]
    async with optimizer_service(stage, chance) as served:
        customers = []
        for number in range(stage.clients):
            mine = random.Random(chance.random())
            edge, patience = Cut(served, mine, CUT, error_table()), 0.0 if number == 0 else 15.0
            who = people[number % len(people)]
            client = Client(number, who, edge, writer, chance=mine, patience=patience)
            customers.append(Customer(client, people, MIX, again=0.4))
        await asyncio.gather(*(_worked(customer) for customer in customers))
    await collected(stage, writer)
    return assembled(writer.records)


async def _worked(customer: Customer) -> None:
    for _ in range(16):
        await customer.once()
