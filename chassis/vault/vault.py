"""The vault: seals fields under their tenants' keys and opens them.

A tenant's key is made when something of theirs is first sealed, wrapped by the key management service and kept in the
service's schema. Unwrapped, it stays in this process's memory for a while: so long what it opens opens, though the key
management service is away; after that nothing does, and every call for it is answered UNAVAILABLE.

To seal under a key is allowed for a shorter while and for so many messages: a retired key seals nothing new after that
while, and none seals more than a small part of what its nonces are good for.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from chassis.cache.coalescer import Coalescer
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.vault import keyring_postgres as keyring
from chassis.vault.blind_index import BlindIndex
from chassis.vault.envelope import DataKey, Place, Sealed
from chassis.vault.keyring_postgres import FIELDS, NOBODY, KeyRow
from chassis.vault.kms import KEY_SIZE, Clock, Context, KeyRefused, Kms, KmsUnavailable, Wrapped

if TYPE_CHECKING:
    from chassis.vault.keyring_postgres import Connection, Statements

T = TypeVar("T")

_ATTEMPTS = 5  # at a tenant's key while others make and retire it


class KeyGone(Exception):
    """The key of a sealed field is not kept: its tenant's keys were destroyed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be kept and sealed; durations in seconds."""

    keys: int = 10_000  # in memory at once
    opens: float = 300.0  # that a key in memory is used before the key management service is asked again
    seals: float = 60.0  # that a key seals before the keyring is asked whether it is retired
    together: int = 256  # messages that a process is allowed at a time
    messages: int = 2**28  # under one key


@dataclass(frozen=True, slots=True)
class Fresh:
    """A tenant's first key, not kept yet."""

    row: KeyRow
    key: DataKey


@dataclass(slots=True)
class _Lease:
    """The right to seal under a key."""

    key_id: str
    left: int
    until: float


class Vault:
    """Works beside the calls of one process, on one schema."""

    def __init__(
        self,
        pool: Statements,
        kms: Kms,
        schema: str,
        bounds: Bounds | None = None,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
        clock: Clock | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`pool` is the vault's own: a transaction that waits for a key must not wait for its own connection."""
        self.kms = kms
        self._pool, self._schema, self._bounds, self._random = pool, schema, bounds or Bounds(), random
        self._clock, self._seconds = clock or SystemClock(), seconds
        self._opened: OrderedDict[str, tuple[DataKey, float]] = OrderedDict()
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._unwrapping: Coalescer[str, DataKey | Exception] = Coalescer(self._unwrapped)
        self._leasing: Coalescer[str, _Lease | Exception] = Coalescer(self._leased)

    async def seal(self, tenant_id: str, place: Place, clear: bytes) -> Sealed:
        """The field under the tenant's present key, which is made if there is none. Raises KmsUnavailable."""
        lease = self._leases.get(tenant_id)
        if lease is not None and lease.until <= self._seconds():
            lease = None
        while lease is None or lease.left <= 0:
            lease = self._kept(tenant_id, _given(await self._leasing.ask(tenant_id), tenant_id))
        lease.left -= 1
        return (await self.key(lease.key_id)).seal(place, clear)

    async def open(self, place: Place, sealed: Sealed) -> bytes:
        """The field in clear. Raises Unopenable, KeyGone, KeyRefused, KmsUnavailable."""
        return (await self.key(sealed.key_id)).open(place, sealed.body)

    async def key(self, key_id: str) -> DataKey:
        """A key. Raises KeyGone, KeyRefused, KmsUnavailable."""
        found = self._opened.get(key_id)
        if found is not None and found[1] > self._seconds():
            self._opened.move_to_end(key_id)
            return found[0]
        return _given(await self._unwrapping.ask(key_id), key_id)

    async def keys(self, key_ids: Collection[str]) -> Mapping[str, DataKey]:
        """Keys by their ids, to open many fields with; raises as `key` does."""
        wanted = list(dict.fromkeys(key_ids))
        return dict(zip(wanted, await asyncio.gather(*map(self.key, wanted)), strict=True))

    async def fresh(self, tenant_id: str) -> Fresh:
        """The first key of a tenant who comes about with what is sealed; `keep` it in the same transaction."""
        return await self._made(tenant_id, FIELDS)

    async def keep(self, connection: Connection, fresh: Fresh) -> None:
        """Keep it, in the caller's transaction. Raises ValueError if the tenant has a key."""
        if not await keyring.insert(connection, fresh.row, self._clock.now(), 1):
            raise ValueError("this tenant has a key already: seal under that")

    async def destroy(self, connection: Connection, tenant_id: str) -> None:
        """Destroy a tenant's keys, in the caller's transaction and behind the deletion of their rows."""
        for key_id in await keyring.destroy(connection, tenant_id):
            self._opened.pop(key_id, None)
        self._leases.pop(tenant_id, None)

    async def index(self, purpose: str, imported: bytes | None = None) -> BlindIndex:
        """The blind index of this purpose; its key is made, or taken from `imported`, if none is kept."""
        row = await keyring.present(self._pool, NOBODY, purpose)
        if row is None:
            made = await self._made(NOBODY, purpose, imported)
            await keyring.insert(self._pool, made.row, self._clock.now(), 0)
            row = await keyring.present(self._pool, NOBODY, purpose)
        if row is None:
            raise KeyGone(f"the key of {purpose} was retired as soon as it was made")
        return BlindIndex(await self._clear(row))

    async def wrapped_anew(self, row: KeyRow) -> Wrapped:
        """A key as the present KEK wraps it. Raises KeyRefused, KmsUnavailable."""
        context = context_of(self._schema, row.tenant_id, row.purpose, row.id)
        return await self.kms.wrap(await self.kms.unwrap(row.wrapped, context), context)

    async def _made(self, tenant_id: str, purpose: str, key: bytes | None = None) -> Fresh:
        key, key_id = self._random(KEY_SIZE) if key is None else key, Uuid7Ids().new()
        wrapped = await self.kms.wrap(key, context_of(self._schema, tenant_id, purpose, key_id))
        return Fresh(KeyRow(key_id, tenant_id, purpose, wrapped), DataKey(key_id, key, self._random))

    async def _clear(self, row: KeyRow) -> bytes:
        return await self.kms.unwrap(row.wrapped, context_of(self._schema, row.tenant_id, row.purpose, row.id))

    async def _unwrapped(self, key_ids: Sequence[str]) -> Mapping[str, DataKey | Exception]:
        """Keys, or how each could not be had: one that is refused is no other's trouble."""
        since = self._seconds()
        found = await keyring.rows(self._pool, key_ids)
        keys = await asyncio.gather(*map(self._unwrap, found))
        for key in keys:
            if isinstance(key, DataKey):
                self._remember(key, since)
        return {row.id: key for row, key in zip(found, keys, strict=True)}

    async def _unwrap(self, row: KeyRow) -> DataKey | Exception:
        try:
            return DataKey(row.id, await self._clear(row), self._random)
        except (KeyRefused, KmsUnavailable) as error:
            return error

    def _remember(self, key: DataKey, since: float) -> None:
        self._opened[key.id] = (key, since + self._bounds.opens)
        self._opened.move_to_end(key.id)
        while len(self._opened) > self._bounds.keys:
            self._opened.popitem(last=False)

    def _kept(self, tenant_id: str, lease: _Lease) -> _Lease:
        self._leases[tenant_id] = lease
        while len(self._leases) > self._bounds.keys:
            self._leases.popitem(last=False)
        return lease

    async def _leased(self, tenants: Sequence[str]) -> Mapping[str, _Lease | Exception]:
        since = self._seconds()
        bounds = self._bounds
        granted = await keyring.grant(self._pool, tenants, bounds.together, bounds.messages)
        leases = {tenant: self._lease(key_id, since) for tenant, key_id in granted.items()}
        without = [tenant for tenant in tenants if tenant not in leases]
        made = await asyncio.gather(*map(self._renewed, without))
        return leases | dict(zip(without, made, strict=True))

    def _lease(self, key_id: str, since: float) -> _Lease:
        return _Lease(key_id, self._bounds.together, since + self._bounds.seals)

    async def _renewed(self, tenant_id: str) -> _Lease | Exception:
        """A new key for a tenant who has none, or one that has sealed what it may."""
        bounds = self._bounds
        try:
            made = await self._made(tenant_id, FIELDS)
        except KmsUnavailable as error:
            return error
        for _ in range(_ATTEMPTS):
            since = self._seconds()
            await keyring.retire_spent(self._pool, tenant_id, bounds.together, bounds.messages)
            if await keyring.insert(self._pool, made.row, self._clock.now(), bounds.together):
                self._remember(made.key, since)
                return self._lease(made.row.id, since)
            granted = await keyring.grant(self._pool, [tenant_id], bounds.together, bounds.messages)
            if tenant_id in granted:
                return self._lease(granted[tenant_id], since)
        return KmsUnavailable("the tenant's key is being replaced faster than it can be read")


def context_of(schema: str, tenant_id: str, purpose: str, key_id: str) -> Context:
    """What a key is wrapped for."""
    return {"schema": schema, "tenant": tenant_id, "purpose": purpose, "key": key_id}


def _given(found: T | Exception | None, wanted: str) -> T:
    """What was asked for; raises why it is not there."""
    if found is None:
        raise KeyGone(f"the key {wanted} is not kept")
    if isinstance(found, Exception):
        raise found
    return found
