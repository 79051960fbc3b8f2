"""Bugs to plant into the product, each of a kind that real systems had, with the checker that must find it.

A bug changes what the product does, not what the history says of it: it replaces a method, a statement or a rule of
portfolio or of optimizer's jobs for as long as a test runs.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from qpo.portfolio.v1 import portfolio_service_pb2 as pb

from chassis import outbox, relay
from chassis.bus_redis import RedisBus
from chassis.cache import Layers, cached
from chassis.outbox import Event, append
from chassis.reach import EVERYONE, SYSTEM, enter, reach_of
from services.optimizer.adapters import job_book_postgres, job_news, job_queue_postgres
from services.optimizer.adapters.job_book_postgres import PostgresJobBook
from services.optimizer.adapters.job_news import JobNews
from services.optimizer.adapters.job_queue_postgres import PostgresJobQueue
from services.portfolio.adapters import answers_cached, portfolios_postgres, sql
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios, PostgresTransaction
from services.portfolio.app import change_portfolio, create_portfolio, delete_portfolio, rebalance_portfolio
from services.portfolio.app.once import Effect
from services.portfolio.app.ports import Once, Portfolios, Reach
from services.portfolio.domain import rebalance
from services.portfolio.domain.changes import changed
from services.portfolio.wire.portfolio import to_portfolio
from tests.drill.rehearsal import Stage

Plant = pytest.MonkeyPatch
USE_CASES = (change_portfolio, create_portfolio, delete_portfolio, rebalance_portfolio)


@dataclass(frozen=True, slots=True)
class Bug:
    """What is wrong, how it is planted, and which invariant it breaks."""

    plant: Callable[[Plant, Stage], None]
    breaks: str

    @property
    def name(self) -> str:
        """What the product does with the bug in it."""
        return self.plant.__name__


BUGS: list[Bug] = []
BUGS_OF_JOBS: list[Bug] = []


def breaking(
    invariant: str, bugs: list[Bug] = BUGS
) -> Callable[[Callable[[Plant, Stage], None]], Callable[[Plant, Stage], None]]:
    """Lists a bug."""

    def listed(plant: Callable[[Plant, Stage], None]) -> Callable[[Plant, Stage], None]:
        bugs.append(Bug(plant, invariant))
        return plant

    return listed


@breaking("I1")
def acknowledges_before_the_commit(plant: Plant, stage: Stage) -> None:
    """Now and then a kill comes between the answer and the commit."""
    chance = random.Random(1)

    @asynccontextmanager
    async def transaction(self: PostgresPortfolios, reach: Reach) -> AsyncIterator[PostgresTransaction]:
        async with self._pool.acquire() as connection:
            work = connection.transaction()
            await work.start()
            await enter(connection, reach_of(reach))
            try:
                yield PostgresTransaction(connection, self._details)
            except BaseException:
                await work.rollback()
                raise
            await (work.rollback() if chance.random() < 0.2 else work.commit())

    plant.setattr(PostgresPortfolios, "transaction", transaction)


@breaking("I2")
def forgets_what_was_asked(plant: Plant, stage: Stage) -> None:
    """No row is kept of a request."""

    async def replayed(self: PostgresTransaction, once: Once) -> bytes | None:
        return None

    async def remember(self: PostgresTransaction, once: Once, answer: bytes) -> None:
        return None

    plant.setattr(PostgresTransaction, "replayed", replayed)
    plant.setattr(PostgresTransaction, "remember", remember)


@breaking("I2")
def remembers_outside_the_transaction(plant: Plant, stage: Stage) -> None:
    """The effect is committed, then the answer is kept: a kill may come in between."""

    async def once(portfolios: Portfolios, reach: Reach, call: Once | None, effect: Effect) -> bytes:
        async with portfolios.transaction(reach) as transaction:
            answer = await effect(transaction)
        if call is None:
            return answer
        await asyncio.sleep(0.003)
        async with portfolios.transaction(reach) as transaction:
            remembered = await transaction.replayed(call)
            if remembered is None:
                await transaction.remember(call, answer)
            return remembered or answer

    for module in USE_CASES:
        plant.setattr(module, "once", once)


@breaking("I2")
def answers_a_repetition_with_the_present_state(plant: Plant, stage: Stage) -> None:
    """The effect happens once, and the caller is told of somebody else's."""
    first_answer = PostgresTransaction.replayed

    async def replayed(self: PostgresTransaction, once: Once) -> bytes | None:
        first = await first_answer(self, once)
        if first is None or once.method == "DeletePortfolio":
            return first
        answer = getattr(pb, f"{once.method}Response").FromString(first)
        stored = await self.lock(Reach(once.user_id, once.tenant_id), answer.portfolio.id)
        if stored is not None:
            answer.portfolio.CopyFrom(to_portfolio(stored))
        return bytes(answer.SerializeToString(deterministic=True))

    plant.setattr(PostgresTransaction, "replayed", replayed)


@breaking("I3")
def rounds_each_weight_by_itself(plant: Plant, stage: Stage) -> None:
    """To six decimals, to nearest: the sum is one only by luck."""

    def stored_weights(values: Sequence[Decimal]) -> list[Decimal]:
        total = sum(values)
        return [(value / total).quantize(Decimal("0.000001")) for value in values]

    plant.setattr(rebalance, "stored_weights", stored_weights)


@breaking("I3")
def stores_half_of_the_holdings(plant: Plant, stage: Stage) -> None:
    """The batch is cut short."""
    plant.setattr(sql, "INSERT_HOLDINGS", sql.INSERT_HOLDINGS + " LIMIT 2")


@breaking("I4")
def compares_no_etag(plant: Plant, stage: Stage) -> None:
    """Whoever writes last wins, and the one before never knows."""
    for module in (change_portfolio, delete_portfolio, rebalance_portfolio):
        plant.setattr(module, "require_etag", lambda *_: None)


@breaking("I4")
def leaves_the_version_as_it_was(plant: Plant, stage: Stage) -> None:
    """A rebalance is written under the version before it; that its event says so twice is not noticed."""
    versionless = sql.WRITE_CASH.replace("version = $5", "version = version + ($5::bigint - $5::bigint)")
    plant.setattr(sql, "WRITE_CASH", versionless)
    _swallow_duplicates(plant)


@breaking("I4")
def skips_a_version(plant: Plant, stage: Stage) -> None:
    """An update counts two."""

    def doubly(stored: Any, draft: Any, now: Any) -> Any:
        after = changed(stored, draft, now)
        return after if after is stored else replace(after, version=stored.version + 2)

    plant.setattr(change_portfolio, "changed", doubly)


@breaking("I2")
def locks_no_row(plant: Plant, stage: Stage) -> None:
    """Two writers read one version and both write the next; neither is in a hurry, so that they meet."""
    plant.setattr(sql, "LOCK", sql.LOCK.replace("FOR UPDATE", ""))
    slowly = "FROM (SELECT pg_sleep(0.005)) AS pause WHERE id = $1"
    plant.setattr(sql, "WRITE_MANDATE", sql.WRITE_MANDATE.replace("WHERE id = $1", slowly))
    _swallow_duplicates(plant)


def _swallow_duplicates(plant: Plant) -> None:
    """The log has a wall of its own, a unique key; who takes a violation of it for noise has taken it down."""
    plant.setattr(outbox, "_APPEND", outbox._APPEND + " ON CONFLICT DO NOTHING")


@breaking("I6")
def tells_outside_the_transaction(plant: Plant, stage: Stage) -> None:
    """Events are appended a moment later, on another connection; some never are."""
    chance = random.Random(2)

    async def later(_: Any, *events: Any) -> None:
        async def told() -> None:
            await asyncio.sleep(0.002)
            async with stage.pool.acquire() as connection, connection.transaction():
                await enter(connection, SYSTEM)
                await append(connection, *events)

        if chance.random() > 0.1:
            task = asyncio.ensure_future(told())
            task.add_done_callback(lambda done: done.exception())

    plant.setattr(portfolios_postgres, "append", later)
    _swallow_duplicates(plant)


@breaking("I6")
def tells_of_a_change_without_its_holdings(plant: Plant, stage: Stage) -> None:
    """The event of a change carries less than the row has."""
    whole = portfolios_postgres.event_of

    def event_of(happened: Any) -> Any:
        portfolio = getattr(happened, "portfolio", None)
        is_change = type(happened).__name__ == "Modified"
        return whole(replace(happened, portfolio=replace(portfolio, holdings=()))) if is_change else whole(happened)

    plant.setattr(portfolios_postgres, "event_of", event_of)


@breaking("I6")
def publishes_out_of_order(plant: Plant, stage: Stage) -> None:
    """The newest of a batch goes first."""
    plant.setattr(relay, "_WAITING", relay._WAITING.replace("ORDER BY position", "ORDER BY position DESC"))


@breaking("I6")
def marks_as_published_what_was_not(plant: Plant, stage: Stage) -> None:
    """A part of each batch is lost on the way to the bus."""
    publish = RedisBus.publish

    async def lossy(self: RedisBus, topic: str, messages: Sequence[Any], mark: str) -> None:
        await publish(self, topic, messages[: max(1, len(messages) - 1)], mark)

    plant.setattr(RedisBus, "publish", lossy)


@breaking("I7")
def believes_a_cached_answer_for_its_age(plant: Plant, stage: Stage) -> None:
    """Nobody asks whether the row has changed since."""

    async def agrees(self: Any, entry: Any) -> bool:
        return True

    plant.setattr(cached._Present, "agrees", agrees)
    plant.setattr(Layers, "drop", lambda *_: None)


@breaking("I8")
def shows_a_cached_answer_to_everybody(plant: Plant, stage: Stage) -> None:
    """Whose it is, is not looked up, neither here nor by the wall behind."""
    plant.setattr(cached, "_reaches", lambda *_: True)
    plant.setattr(answers_cached, "reach_of", lambda *_: EVERYONE)


@breaking("I8")
def lists_everybody_s_portfolios(plant: Plant, stage: Stage) -> None:
    """The owner has gone missing from the WHERE, and from what the wall behind it is told."""
    plant.setattr(sql, "PAGE", sql.PAGE.replace("WHERE ($1 OR", "WHERE (true OR $1 OR"))
    plant.setattr(portfolios_postgres, "reach_of", lambda *readers: f"{EVERYONE} {reach_of(*readers)}")


@breaking("I5", BUGS_OF_JOBS)
def ends_a_job_without_looking_at_its_fence(plant: Plant, stage: Stage) -> None:
    """A replica that lost its job ends it all the same, perhaps for the second time."""
    fenceless = job_queue_postgres._END.replace(job_queue_postgres._OURS, "id = $1 AND $2::bigint > 0")
    plant.setattr(job_queue_postgres, "_END", fenceless)
    _swallow_duplicates(plant)


@breaking("I5", BUGS_OF_JOBS)
def takes_no_lost_job_back(plant: Plant, stage: Stage) -> None:
    """What a killed replica held runs for ever."""

    async def sweep(self: PostgresJobQueue) -> None:
        return None

    plant.setattr(PostgresJobQueue, "sweep", sweep)


@breaking("I5", BUGS_OF_JOBS)
def tries_a_job_for_ever(plant: Plant, stage: Stage) -> None:
    """Nobody counts the attempts."""
    plant.setattr(job_queue_postgres, "MAX_ATTEMPTS", 99)


@breaking("I5", BUGS_OF_JOBS)
def tells_of_no_end(plant: Plant, stage: Stage) -> None:
    """The job ends, and its owner's listeners never learn of it."""

    async def ended(self: JobNews, connection: Any, rows: Sequence[Any], found: Any = None) -> None:
        return None

    plant.setattr(JobNews, "ended", ended)


@breaking("I5", BUGS_OF_JOBS)
def tells_of_an_end_twice(plant: Plant, stage: Stage) -> None:
    """Once as it should, once more as if it were news."""
    once = job_news.append

    async def twice(connection: Any, event: Event, **rest: Any) -> None:
        await once(connection, event, **rest)
        if event.seq == job_news.ENDED:
            await once(connection, replace(event, seq=job_news.DELETED + 1), **rest)

    plant.setattr(job_news, "append", twice)


@breaking("I2", BUGS_OF_JOBS)
def submits_a_repeated_job_again(plant: Plant, stage: Stage) -> None:
    """No row is kept of a request."""

    async def nothing(*_: Any) -> None:
        return None

    plant.setattr(PostgresJobBook, "repeated", nothing)
    plant.setattr(job_book_postgres, "_replayed", nothing)
    plant.setattr(job_book_postgres.idempotency, "remember", nothing)
