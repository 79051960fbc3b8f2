"""The audit trail: how long it takes to verify a million links, which were loaded by COPY."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.figures import Figure
from benchmarks.scale import FULL, Scale
from chassis.migrations import migrate
from services.auth import migrations
from services.auth.adapters.audit_postgres import PostgresAudit
from services.auth.adapters.heads_files import heads_from
from services.auth.app.verify_audit import Progress, VerifyAudit
from services.auth.domain.audit import START, Head, Link, Stored, chained
from stack.postgres import Postgres
from stack.process import running

LINKS = 1_000_000
_SMALL = 2_000  # in a quick run
_TOGETHER = 50_000
_SEALED = 120  # bytes: a resource, an address and a program
_COLUMNS = ("id", "occurred_at", "user_id", "action", "result", "key_id", "sealed", "seq", "recorded_at", "code")


def figures(scale: Scale) -> Iterator[Figure]:
    """Links, and the seconds that PostgreSQL and the hashes take together."""
    links = LINKS if scale == FULL else _SMALL
    with tempfile.TemporaryDirectory(prefix="qpo-audit-") as name:
        folder = Path(name)
        server = Postgres(folder / "data", folder / "socket", durable=False)
        with running(server, folder / "postgres.log"):
            seconds, last = asyncio.run(_verified(server.url("postgres"), folder, links))
    if last.broken is not None or last.verified != links:
        raise RuntimeError(f"{last.verified} of {links} links were verified: {last.broken}")
    yield Figure("audit.verified", links, "1")
    yield Figure("audit.verification", seconds, "s")
    yield Figure("audit.rate", links / seconds, "1/s")


async def _verified(url: str, folder: Path, links: int) -> tuple[float, Progress]:
    await migrate(url, "auth", Path(migrations.__file__).parent)
    key, heads, last = secrets.token_bytes(32), heads_from(folder / "heads", folder), Progress(0, 0)
    async with asyncpg.create_pool(url, min_size=1, max_size=2, server_settings={"search_path": "auth"}) as pool:
        await heads.sign(await _loaded(pool, key, links), datetime.now(UTC))
        verify, began = VerifyAudit(PostgresAudit(pool), heads, key), time.perf_counter()
        async for progress in verify():
            last = progress
        return time.perf_counter() - began, last


async def _loaded(pool: Any, key: bytes, links: int) -> Head:
    """A chain of so many links; its head."""
    now, head = datetime.now(UTC), START
    await PostgresAudit(pool).keep(now, now)
    while head.seq < links:
        entries = (_entry(now) for _ in range(min(_TOGETHER, links - head.seq)))
        made = chained(key, head, entries, now)
        head = Head(made[-1].seq, made[-1].code)
        await pool.copy_records_to_table("audit", columns=_COLUMNS, records=map(_row, made))
    return head


def _entry(now: datetime) -> Stored:
    sealed = secrets.token_bytes(_SEALED)
    return Stored(str(uuid.uuid4()), now, str(uuid.uuid4()), "portfolio_modify", "OK", "0123456789abcdef", sealed)


def _row(link: Link) -> tuple[Any, ...]:
    stored = link.entry
    named = (stored.id, stored.occurred_at, stored.user_id, stored.action, stored.result, stored.key_id, stored.sealed)
    return (*named, link.seq, link.recorded_at, link.code)
