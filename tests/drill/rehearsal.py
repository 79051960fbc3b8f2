"""A drill without a mesh: portfolio's own servicer on a real PostgreSQL, in one process, its calls cut off at random.

A call is cut off by cancelling it somewhere on its way, as its process would be by a kill: what it has committed
stays, what it has not is rolled back, and the client learns of neither. The clients, their habits, the history and
the checkers are those of the real drill. It takes a second, so that a bug can be planted into the product and looked
for again and again.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from google.protobuf import message_factory
from google.protobuf.message import Message
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from chassis import context
from chassis.bus_redis import open_bus
from chassis.cache import open_layers
from chassis.clock import SystemClock
from chassis.errors import ErrorTable, code_of
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.principal import Principal
from chassis.relay import Relay
from chassis.settings import CacheSettings, DatabaseSettings, VaultSettings
from chassis.vault import open_vault
from services.portfolio.adapters.answers_cached import CONTRACT, CachedAnswers
from services.portfolio.adapters.details_sealed import SealedDetails
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.app.ports import Problem, Solution
from services.portfolio.domain.valuation import Close
from services.portfolio.rpc.errors import error_table
from services.portfolio.rpc.servicer import PortfolioServicer, UseCases
from tests.drill.client import Client, Person
from tests.drill.edge import METHODS, Refused
from tests.drill.gather import gather_bus, gather_jobs, gather_log, gather_portfolios, until_quiet
from tests.drill.history import Run, Writer, assembled
from tests.drill.load import MIX, SYMBOLS, Customer

SCOPES = frozenset({"read:portfolio", "write:portfolio", "read:marketdata", "run:optimization"})
TOPICS = {"portfolio": "qpo.portfolio.v1.PortfolioEvent", "optimizer": "qpo.optimizer.v1.OptimizationEvent"}
# The share of tries that are cut off.
CUT = 0.25
PORTFOLIO_MIX = {name: MIX[name] for name in ("read", "update", "replace", "create", "rebalance", "list", "strange")}
PORTFOLIO_MIX |= {"holdings": 10, "delete": 6}


class Cut:
    """A servicer as an edge: each call in a task of its own, some of them cut off."""

    name = "cut"

    def __init__(self, servicer: Any, chance: random.Random, share: float, table: ErrorTable) -> None:
        self._servicer, self._chance, self._share, self._table = servicer, chance, share, table

    async def call(self, method: str, request: Message, token: str, seconds: float) -> Any:
        """See Edge.call. The token is the user's id."""
        answering = asyncio.ensure_future(self._answered(method, request, token, seconds))
        if self._chance.random() < self._share:
            await asyncio.wait([answering], timeout=self._chance.uniform(0.0, 0.015))
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            raise Refused("UNAVAILABLE", "", "cut off")
        return await answering

    async def _answered(self, method: str, request: Message, token: str, seconds: float) -> Any:
        who = Principal(token, token, frozenset({"user"}), SCOPES, "free", "", time.time() + 900)
        serve = getattr(self._servicer, re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower())
        try:
            with context.bound(principal=who, deadline=seconds, method=method):
                answer = await serve(request)
        except Exception as error:
            status = self._table.status(error)
            reason = getattr(self._table.answer(error), "reason", "")
            raise Refused(code_of(status).name, reason, f"{type(error).__name__} {error}") from error
        expected = message_factory.GetMessageClass(METHODS[method].output_type)
        return expected.FromString(answer) if isinstance(answer, bytes) else answer


class SteadyPrices:
    """A close for whatever is asked."""

    async def closes(self, dataset: str, symbols: Sequence[str], session: date | None) -> Mapping[str, Close]:
        """See Prices.closes."""
        return {symbol: Close(Decimal(37 + 11 * n), date(2024, 1, 2)) for n, symbol in enumerate(sorted(symbols))}


class FickleOptimizer:
    """Other weights every time, after a moment in which others may write."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    async def solve(self, problem: Problem) -> Solution:
        """See Optimizer.solve."""
        await asyncio.sleep(self._chance.uniform(0.0, 0.004))
        shares = [self._chance.random() for _ in SYMBOLS]
        total = sum(shares) * self._chance.uniform(1.0, 1.2)
        return Solution(dict(zip(SYMBOLS, (each / total for each in shares), strict=True)), 0.1, 0.2, 0.5)


@dataclass
class Stage:
    """What a rehearsal stands on."""

    pool: Any
    # Of a role that may read everything in the same database.
    url: str
    redis_url: str
    # Of the keys in the database, where it is portfolio's.
    keyring: Path
    schema: str = "portfolio"
    clients: int = 8
    users: int = 2
    # Of each client.
    calls: int = 45


@asynccontextmanager
async def portfolio_service(stage: Stage, chance: random.Random) -> AsyncIterator[PortfolioServicer]:
    """portfolio as its composition root wires it: its relay and caches beside it, its peers in this process."""
    async with (
        open_bus(stage.redis_url) as bus,
        open_layers(CacheSettings(), SecretStr(stage.redis_url), "portfolio", CONTRACT, CollectorRegistry()) as layers,
        open_vault(_database(stage), VaultSettings(keyring_file=stage.keyring), "portfolio") as vault,
    ):
        relay, details = Relay(stage.pool, bus, TOPICS["portfolio"]), SealedDetails(vault)
        answers, store = CachedAnswers(stage.pool, details, layers), PostgresPortfolios(stage.pool, details, relay.wake)
        ports = (store, SteadyPrices(), FickleOptimizer(chance), SystemClock(), Uuid7Ids())
        beside = [asyncio.ensure_future(each) for each in (relay.run(), answers.follow(bus))]
        try:
            yield PortfolioServicer(UseCases.over(*ports, answers=answers), PageTokens(b"k" * 32))
            await until_quiet(stage.url, 2.0)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


def _database(stage: Stage) -> DatabaseSettings:
    return DatabaseSettings(database_url=SecretStr(stage.url), page_token_key_file=Path("unused"))


async def rehearsed(stage: Stage, seed: int = 1) -> Run:
    """A run of some hundred calls."""
    chance, writer = random.Random(seed), Writer()
    ids = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(stage.users)]
    people = [Person(id, id) for id in ids]
    async with portfolio_service(stage, chance) as served:
        customers = [_customer(number, people, served, writer, chance) for number in range(stage.clients)]
        await asyncio.gather(*(_worked(customer, stage.calls) for customer in customers))
    await collected(stage, writer)
    return assembled(writer.records)


def _customer(
    number: int, people: Sequence[Person], served: PortfolioServicer, writer: Writer, chance: random.Random
) -> Customer:
    """The first of them never asks again: what became of its calls stays unknown."""
    mine = random.Random(chance.random())
    edge, patience = Cut(served, mine, CUT, error_table()), 0.0 if number == 0 else 15.0
    client = Client(number, people[number % len(people)], edge, writer, chance=mine, patience=patience)
    return Customer(client, people, PORTFOLIO_MIX, again=0.4)


async def _worked(customer: Customer, calls: int) -> None:
    for _ in range(calls):
        await customer.once()


async def collected(stage: Stage, writer: Writer) -> None:
    """The rows, the log and the bus of the stage's database."""
    import asyncpg

    connection = await asyncpg.connect(stage.url)
    try:
        async with connection.transaction():
            if stage.schema == "portfolio":
                await gather_portfolios(connection, stage.keyring, writer)
            else:
                await gather_jobs(connection, writer)
            await gather_log(connection, stage.schema, writer)
    finally:
        await connection.close()
    await gather_bus(stage.redis_url, [TOPICS[stage.schema]], writer)
