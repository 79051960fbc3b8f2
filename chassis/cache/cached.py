"""Reads a resource through the layers; see the package for why what it answers is never stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from chassis.cache.coalescer import Coalescer
from chassis.cache.entry import Entry, Stamp
from chassis.cache.layers import Layers


class Reader(Protocol):
    """Who reads, and how far: what is theirs, or everyone's."""

    @property
    def tenant_id(self) -> str:
        """Of the reader."""
        ...

    @property
    def user_id(self) -> str:
        """Of the reader."""
        ...

    @property
    def everyone(self) -> bool:
        """Whether what others own is within reach too."""
        ...


class Source(Protocol):
    """The rows, as the database has them when it is asked. Ids without a row are left out."""

    async def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        """The rows' stamps, in one statement."""
        ...

    async def entries(self, ids: Sequence[str]) -> Mapping[str, Entry]:
        """The rows in full, each with the stamp of the same moment, in one statement."""
        ...


class Cached:
    """One kind of resource, kept under `prefix` and its id."""

    def __init__(self, prefix: str, source: Source, layers: Layers) -> None:
        self._prefix, self._layers = prefix, layers
        self._stamps: Coalescer[str, Stamp] = Coalescer(source.stamps)
        self._entries: Coalescer[str, Entry] = Coalescer(source.entries, most=100)

    async def get(self, id: str, who: Reader) -> bytes | None:
        """The resource as it is now; None if there is none within the reader's reach. Raises as the source does."""
        key, present = self._prefix + id, _Present(id, self._stamps)
        entry = await self._layers.find(key, present.agrees)
        if entry is None:
            entry = await self._read(id, who, present)
        return entry.body if entry is not None and _reaches(who, entry.stamp) else None

    async def _read(self, id: str, who: Reader, present: _Present) -> Entry | None:
        """The row in full, from now on in every layer; None if it is not worth reading, or not there."""
        if present.is_none:
            self._layers.drop(self._prefix + id)
        if present.is_without(who):
            return None
        entry = await self._entries.ask(id)
        if entry is not None and _reaches(who, entry.stamp):
            self._layers.put(self._prefix + id, entry)
        return entry

    async def outdate(self, id: str, version: int) -> None:
        """Forget what is kept of a resource from before this version; nothing rests on it being done."""
        await self._layers.outdate(self._prefix + id, version)


class _Present:
    """A row's present stamp, read once and only if an entry is found that it must be compared with."""

    def __init__(self, id: str, stamps: Coalescer[str, Stamp]) -> None:
        self._id, self._stamps = id, stamps
        self._stamp: Stamp | None = None
        self._asked = False

    async def agrees(self, entry: Entry) -> bool:
        """Whether the entry is of the row's present state."""
        if not self._asked:
            self._stamp, self._asked = await self._stamps.ask(self._id), True
        return entry.stamp == self._stamp

    @property
    def is_none(self) -> bool:
        """Whether it is known that there is no row."""
        return self._asked and self._stamp is None

    def is_without(self, who: Reader) -> bool:
        """Whether it is known that there is nothing for this reader, so that nothing need be read."""
        return self._asked and (self._stamp is None or not _reaches(who, self._stamp))


def _reaches(who: Reader, stamp: Stamp) -> bool:
    return who.everyone or (stamp.tenant_id == who.tenant_id and stamp.user_id == who.user_id)
