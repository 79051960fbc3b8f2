"""Keys grow old: after 90 days another takes over, while calls go on.

    1. The key that wraps keys: a new one, where the key management service does not renew it itself.
    2. What an earlier one wrapped is wrapped again. The tenants' keys, and what they sealed, stay as they are.
    3. Tenants' keys that are too old are retired: they open, and seal no more. The next is made with the next seal.
    4. What lies under retired keys is sealed anew, and what is from before there were keys per tenant.

A write seals under the present key anyway; the sweep does what nobody writes. A row that was written meanwhile is left
to its writer. Of the replicas one works at a time, batch by batch, and nobody waits for it: reads find every row under
a key that opens, before, during and after.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.exceptions import InvalidTag
from prometheus_client import CollectorRegistry, Gauge

from chassis.logging import logger
from chassis.patience import Patience
from chassis.postgres import AWAY, Pool
from chassis.reach import SYSTEM, enter
from chassis.vault import keyring_postgres as keyring
from chassis.vault.column import Column
from chassis.vault.envelope import Sealed, Unopenable
from chassis.vault.keyring_postgres import KeyRow
from chassis.vault.kms import Clock, KeyRefused, KmsUnavailable, Wrapped
from chassis.vault.vault import KeyGone, Vault

if TYPE_CHECKING:
    from chassis.vault.keyring_postgres import Connection

_BATCH = 100
_NONE = "00000000-0000-0000-0000-000000000000"  # before every key's id
# Held by a batch's transaction. A frozen holder loses it.
_ALONE = """
SELECT pg_try_advisory_xact_lock(hashtextextended('rotation of ' || current_schema(), 0)),
       set_config('idle_in_transaction_session_timeout', '30s', true)
"""
# What a row may be that the sweep cannot open: told, and left as it is.
_BROKEN = (Unopenable, KeyGone, KeyRefused, LookupError, InvalidTag)

Step = Callable[["Connection"], Awaitable[int]]


class Periods(NamedTuple):
    """How often, and how long."""

    keys: timedelta = timedelta(days=90)  # the age at which a key is replaced
    grace: timedelta = timedelta(minutes=10)  # after which nothing seals under a retired key any more
    pause: float = 60.0  # seconds between two turns


class RotationMeter:
    """What is left to do."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._rows = Gauge(
            "vault_rows_left", "Rows that lie under a retired key, to be sealed anew", ["column"], registry=registry
        )
        self._keys = Gauge("vault_keys_left", "Keys that an earlier KEK wrapped, to be wrapped anew", registry=registry)
        self._age = Gauge("vault_kek_age_seconds", "Age of the key that wraps keys", registry=registry)

    def tell(self, rows: dict[str, int], keys: int, age: timedelta) -> None:
        """Keeps the numbers."""
        for column, count in rows.items():
            self._rows.labels(column).set(count)
        self._keys.set(keys)
        self._age.set(age.total_seconds())


class Rotation:
    """Runs beside the calls of every replica."""

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        columns: Sequence[Column],
        meter: RotationMeter,
        periods: Periods | None = None,
        *,
        clock: Clock,
    ) -> None:
        self._pool, self._vault, self._columns = pool, vault, columns
        self._meter, self._periods, self._clock = meter, periods or Periods(), clock

    async def run(self) -> None:
        """Turns until cancelled; while PostgreSQL or the key management service is away, keys grow older."""
        patience = Patience("rotation")
        while True:
            async with patience.bearing(KmsUnavailable, TimeoutError, *AWAY):
                await self.turn()
            await asyncio.sleep(self._periods.pause)

    async def turn(self) -> None:
        """Does what there is to do, unless another replica is about it. Raises KmsUnavailable."""
        due = self._clock.now() - self._periods.keys
        await self._vault.kms.renew(due)
        await self._all(partial(self._wrap_anew, list[str]()))
        await self._all(lambda connection: keyring.retire_old(connection, due, _BATCH))
        for column in self._columns:
            await self._sweep(column)
        unused = [column.uses for column in self._columns]
        await self._alone(lambda connection: keyring.mark_swept(connection, unused, self._periods.grace))
        await self._measure()

    async def _all(self, step: Step) -> None:
        """Repeats a step until it finds nothing."""
        while await self._alone(step):
            continue

    async def _alone(self, step: Step) -> int:
        """A step in a transaction of its own; 0 while another replica is about one."""
        async with self._transaction() as connection:
            return await step(connection) if await connection.fetchval(_ALONE) else 0

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        """In which all rows are seen, whosoever they are."""
        async with self._pool.acquire() as connection, connection.transaction():
            await enter(connection, SYSTEM)
            yield connection

    async def _wrap_anew(self, refused: list[str], connection: Connection) -> int:
        """Not behind row locks: a key that was wrapped anew or destroyed meanwhile is left as it is."""
        kek = await self._vault.kms.current()
        found = await keyring.wrapped_before(connection, kek, refused, _BATCH)
        anew = await asyncio.gather(*(self._wrapped_anew(row, refused) for row in found))
        kept = [(row, new) for row, new in zip(found, anew, strict=True) if new is not None]
        # The service's clock may be ahead of ours; what was wrapped just now is not older than its KEK.
        await keyring.rewrap(connection, kept, max(self._clock.now(), kek.since))
        return len(found)

    async def _wrapped_anew(self, row: KeyRow, refused: list[str]) -> Wrapped | None:
        """A key wrapped by the present KEK; None if it does not open, which is told."""
        try:
            return await self._vault.wrapped_anew(row)
        except KeyRefused as error:
            logger().error("key_not_wrapped_anew", key=row.id, error=str(error))
            refused.append(row.id)
            return None

    async def _sweep(self, column: Column) -> None:
        broken, reached = list[str](), _NONE
        if column.before is not None:
            await self._all(partial(self._from_before, column, broken))
        while keys := await keyring.unswept(self._pool, reached, _BATCH):
            await self._all(partial(self._under, column, keys, broken))
            reached = keys[-1]

    async def _from_before(self, column: Column, broken: list[str], connection: Connection) -> int:
        rows = await connection.fetch(column.from_before, broken, _BATCH)
        return await self._seal_anew(connection, column, rows, broken)

    async def _under(self, column: Column, keys: Sequence[str], broken: list[str], connection: Connection) -> int:
        rows = await connection.fetch(column.under, keys, broken, _BATCH)
        return await self._seal_anew(connection, column, rows, broken)

    async def _seal_anew(self, connection: Connection, column: Column, rows: Sequence[Any], broken: list[str]) -> int:
        sealed = await asyncio.gather(*(self._sealed_anew(column, row, broken) for row in rows))
        written = [
            (row["id"], new.body, new.key_id, row["body"], row["key_id"])
            for row, new in zip(rows, sealed, strict=True)
            if new is not None
        ]
        await connection.executemany(column.write, written)
        return len(rows)

    async def _sealed_anew(self, column: Column, row: Any, broken: list[str]) -> Sealed | None:
        """A row's field under its tenant's present key; None if it does not open, which is told."""
        place = column.place(row["id"])
        try:
            clear = await self._opened(column, row)
        except _BROKEN as error:
            logger().error("row_not_sealed_anew", column=column.name, row=row["id"], error=str(error))
            broken.append(row["id"])
            return None
        return await self._vault.seal(row["tenant_id"], place, clear)

    async def _opened(self, column: Column, row: Any) -> bytes:
        if row["key_id"] is None and column.before is not None:
            return await column.before.opened(row)
        return await self._vault.open(column.place(row["id"]), Sealed(row["key_id"], row["body"]))

    async def _measure(self) -> None:
        kek = await self._vault.kms.current()
        async with self._transaction() as connection:
            rows = {column.name: int(await connection.fetchval(column.left)) for column in self._columns}
            left = await keyring.count_wrapped_before(connection, kek)
        self._meter.tell(rows, left, self._clock.now() - kek.since)
