"""Reads a resource through the layers; see the package for why what it answers is never stale."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from chassis.cache.coalescer import Coalescer
from chassis.cache.entry import Entry, Stamp
from chassis.cache.layers import Layers
from chassis.reach import Reader as Reader  # noqa: PLC0414 - whoever reads may name its type

V = TypeVar("V")


class Asked(NamedTuple):
    """A resource and who asks for it."""

    id: str
    tenant_id: str
    user_id: str
    everyone: bool


class Source(Protocol):
    """The rows, as the database has them when it is asked, of those within any of the readers' reach.

    Ids without one are left out. What one reader may not see of what another asked for is looked at afterwards.
    """

    async def stamps(self, ids: Sequence[str], readers: Collection[Reader]) -> Mapping[str, Stamp]:
        """The rows' stamps, in one statement."""
        ...

    async def entries(self, ids: Sequence[str], readers: Collection[Reader]) -> Mapping[str, Entry]:
        """The rows in full, each with the stamp of the same moment, in one statement."""
        ...


class Cached:
    """One kind of resource, kept under `prefix` and its id."""

    def __init__(self, prefix: str, source: Source, layers: Layers) -> None:
        self._prefix, self._layers = prefix, layers
        self._stamps: Coalescer[Asked, Stamp] = Coalescer(_for_all(source.stamps))
        self._entries: Coalescer[Asked, Entry] = Coalescer(_for_all(source.entries), most=100)

    async def get(self, id: str, who: Reader) -> bytes | None:
        """The resource as it is now; None if there is none within the reader's reach. Raises as the source does."""
        asked = Asked(id, who.tenant_id, who.user_id, who.everyone)
        present = _Present(asked, self._stamps)
        entry = await self._layers.find(self._prefix + id, present.agrees)
        if entry is None:
            entry = await self._read(asked, present)
        return entry.body if entry is not None and _reaches(asked, entry.stamp) else None

    async def _read(self, asked: Asked, present: _Present) -> Entry | None:
        """The row in full, from now on in every layer; None if it is not worth reading, or not there."""
        if present.is_gone:
            self._layers.drop(self._prefix + asked.id)
        if present.is_without:
            return None
        entry = await self._entries.ask(asked)
        if entry is not None and _reaches(asked, entry.stamp):
            self._layers.put(self._prefix + asked.id, entry)
        return entry

    async def outdate(self, id: str, version: int) -> None:
        """Forget what is kept of a resource from before this version; nothing rests on it being done."""
        await self._layers.outdate(self._prefix + id, version)


class _Present:
    """A row's present stamp, read once and only if an entry is found that it must be compared with."""

    def __init__(self, of: Asked, stamps: Coalescer[Asked, Stamp]) -> None:
        self._of, self._stamps = of, stamps
        self._stamp: Stamp | None = None
        self._asked = False
        self.is_gone = False
        """Whether it is known that there is no row, and not only none for this reader."""

    async def agrees(self, entry: Entry) -> bool:
        """Whether the entry is of the row's present state."""
        if not self._asked:
            self._stamp, self._asked = await self._stamps.ask(self._of), True
        self.is_gone = self._stamp is None and _reaches(self._of, entry.stamp)
        return entry.stamp == self._stamp

    @property
    def is_without(self) -> bool:
        """Whether it is known that there is nothing for this reader, so that nothing need be read."""
        return self._asked and (self._stamp is None or not _reaches(self._of, self._stamp))


def _for_all(
    query: Callable[[Sequence[str], Collection[Reader]], Awaitable[Mapping[str, V]]],
) -> Callable[[Sequence[Asked]], Awaitable[Mapping[Asked, V]]]:
    """One query for all who wait: each resource once, within the reach of any of them."""

    async def ask(waiting: Sequence[Asked]) -> Mapping[Asked, V]:
        found = await query(list(dict.fromkeys(asked.id for asked in waiting)), waiting)
        return {asked: found[asked.id] for asked in waiting if asked.id in found}

    return ask


def _reaches(who: Reader, stamp: Stamp) -> bool:
    return who.everyone or (stamp.tenant_id == who.tenant_id and stamp.user_id == who.user_id)
