"""What is left when the clients are gone: final rows, event logs and bus, as records of the history."""

from __future__ import annotations

import asyncio
import importlib
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
from google.protobuf import message_factory, symbol_database
from google.protobuf.timestamp_pb2 import Timestamp
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.bus import START, partition_of
from chassis.bus_redis import open_bus
from chassis.vault import Vault
from chassis.vault.kms_local import LocalKms
from services.portfolio.adapters import sql
from services.portfolio.adapters.details_sealed import SealedDetails
from services.portfolio.adapters.requests_postgres import place_of
from services.portfolio.app.ports import Once
from services.portfolio.wire.portfolio import to_portfolio
from tests.drill.history import Record, Writer
from tests.drill.views import job_view, portfolio_view

LOGS = ("auth", "portfolio", "marketdata", "optimizer")
PARTITIONS = 12
_EXISTS = "SELECT to_regclass($1) IS NOT NULL"
_LOG = "SELECT * FROM {schema}.outbox ORDER BY position"
_UNFINISHED = "SELECT count(*) FROM optimizer.optimizations WHERE state IN ('queued', 'running')"
_WAITING = "SELECT count(*) FROM {schema}.outbox WHERE published_at IS NULL"


async def logs_of(connection: Any) -> list[str]:
    """The services that keep a log in this database."""
    return [schema for schema in LOGS if await connection.fetchval(_EXISTS, f"{schema}.outbox")]


async def until_quiet(url: str, patience: float) -> float:
    """Waits until no job runs and no event waits; returns the seconds it took, at most `patience`."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < patience:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if not await _unsettled(url):
                break
        await asyncio.sleep(0.25)
    return waited


async def _unsettled(url: str) -> int:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        waiting = [await connection.fetchval(_WAITING.format(schema=each)) for each in await logs_of(connection)]
        if await connection.fetchval(_EXISTS, "optimizer.optimizations"):
            waiting.append(await connection.fetchval(_UNFINISHED))
        return sum(waiting)
    finally:
        await connection.close()


async def gather(url: str, redis_url: str | None, keyring: Path, writer: Writer) -> None:
    """Everything, into the history; `keyring` is the portfolio service's."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await gather_portfolios(connection, keyring, writer)
            await gather_jobs(connection, writer)
            for service in await logs_of(connection):
                await gather_log(connection, service, writer)
            topics = [topic for each in await logs_of(connection) for topic in await _topics(connection, each)]
    finally:
        await connection.close()
    if redis_url is not None and topics:
        await gather_bus(redis_url, topics, writer)


async def gather_portfolios(connection: Any, keyring: Path, writer: Writer) -> None:
    """Portfolios with their holdings, and the remembered answers."""
    await connection.execute("SET LOCAL search_path TO portfolio")
    details = SealedDetails(Vault(connection, LocalKms(keyring), "portfolio"))
    for (portfolio_id,) in await connection.fetch("SELECT id FROM portfolios ORDER BY id"):
        row = await connection.fetchrow(sql.READ, portfolio_id, True, None, None)
        [portfolio] = await details.portfolios([row])
        writer.put("row", table="portfolio.portfolios", row=portfolio_view(to_portfolio(portfolio)))
    kept = "SELECT request_id, method, user_id, tenant_id, ''::bytea, response FROM requests ORDER BY created_at"
    for row in await connection.fetch(kept):
        *once, response = row
        clear = await details.unpack(place_of(Once(*once)), response)
        writer.put("row", table="portfolio.requests", row=_remembered(dict(row) | {"response": clear}))


def _remembered(row: Any) -> Record:
    answer = message_factory.GetMessageClass(
        portfolio_service_pb2.DESCRIPTOR.message_types_by_name[f"{row['method']}Response"]
    ).FromString(row["response"])
    view = portfolio_view(answer.portfolio) if "portfolio" in answer.DESCRIPTOR.fields_by_name else None
    return {"user": row["user_id"], "method": row["method"], "request_id": row["request_id"], "portfolio": view}


async def gather_jobs(connection: Any, writer: Writer) -> None:
    """Jobs, and the requests that made them."""
    await connection.execute("SET LOCAL search_path TO optimizer")
    for row in await connection.fetch(
        "SELECT id, user_id, state, attempts, finished_at FROM optimizations ORDER BY id"
    ):
        ended = Timestamp()
        if row["finished_at"] is not None:
            ended.FromDatetime(row["finished_at"])
        job = {"id": str(row["id"]), "user": str(row["user_id"]), "state": row["state"], "attempts": row["attempts"]}
        job["ended"] = ended.ToJsonString() if row["finished_at"] is not None else ""
        writer.put("row", table="optimizer.optimizations", row=job)
    for row in await connection.fetch("SELECT user_id, request_id, response FROM requests ORDER BY created_at"):
        job_id = bytes(row["response"]).decode()
        remembered = {"user": row["user_id"], "request_id": row["request_id"], "job_id": job_id}
        writer.put("row", table="optimizer.requests", row=remembered)


async def gather_log(connection: Any, service: str, writer: Writer) -> None:
    """A service's outbox, in its order."""
    importlib.import_module(f"qpo.{service}.v1.events_pb2")
    for row in await connection.fetch(_LOG.format(schema=service)):
        event = {name: row[name] for name in ("topic", "type", "key", "seq")}
        event |= {"event_id": str(row["event_id"]), "published": row["published_at"] is not None}
        writer.put("event", service=service, event=event | _resource_in(row))


def _resource_in(row: Any) -> Record:
    """What the event carries of the resource; a portfolio, a job, or neither."""
    described = symbol_database.Default().pool.FindMessageTypeByName(row["topic"])
    told = getattr(message_factory.GetMessageClass(described).FromString(row["payload"]), row["type"])
    fields = told.DESCRIPTOR.fields_by_name
    return {
        "portfolio": portfolio_view(told.portfolio) if "portfolio" in fields else None,
        "job": job_view(told.job) if "job" in fields else None,
    }


async def _topics(connection: Any, service: str) -> list[str]:
    rows = await connection.fetch(f"SELECT DISTINCT topic FROM {service}.outbox ORDER BY topic")  # noqa: S608 - ours
    return [topic for (topic,) in rows]


async def gather_bus(redis_url: str, topics: list[str], writer: Writer) -> None:
    """Every partition of every topic from its first message, in its order."""
    async with open_bus(redis_url) as bus:
        for topic in topics:
            for message in [each async for each in _messages(bus, topic)]:
                fields = {"event_id": message.event_id, "key": message.key, "seq": message.seq}
                writer.put("bus", topic=topic, partition=partition_of(message.key), **fields)


async def _messages(bus: Any, topic: str) -> Any:
    places = dict.fromkeys(range(PARTITIONS), START)
    while found := await bus.read(topic, places, 1000):
        for delivery in found:
            places[delivery.partition] = delivery.position
            yield delivery.message
