"""A table of rows that caches read from, whose statements can be held, and what a replica makes of it."""

import asyncio
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from chassis.cache import Cached, Entry, Layers, Stamp
from chassis.cache.memory import Memory

PREFIX = "thing:"


@dataclass(frozen=True)
class Who:
    user_id: str
    tenant_id: str = "tenant"
    everyone: bool = False


ALICE, BOB, ADMIN = Who("alice"), Who("bob"), Who("admin", everyone=True)


class Rows:
    """Reads see what was written when they began, as a statement in PostgreSQL does."""

    def __init__(self):
        self.rows, self.asked = {}, []
        self._held = {}

    def write(self, id, owner=ALICE):
        """A new version; its bytes, which no other version has."""
        version = self.rows[id].stamp.version + 1 if id in self.rows else 1
        body = f"{id}@{version} of {owner.user_id}".encode()
        self.rows[id] = Entry(Stamp(version, owner.tenant_id, owner.user_id), body)
        return body

    def delete(self, id):
        self.rows.pop(id, None)

    def hold(self, kind):
        """Let no statement of this kind end before the event is set; the second event tells that one has begun."""
        self._held[kind] = asyncio.Event(), asyncio.Event()
        return self._held[kind]

    async def stamps(self, ids, readers):
        return {id: entry.stamp for id, entry in (await self._read("stamps", ids, readers)).items()}

    async def entries(self, ids, readers):
        return await self._read("entries", ids, readers)

    async def _read(self, kind, ids, readers):
        self.asked.append((kind, *ids))
        snapshot = {id: self.rows[id] for id in ids if id in self.rows and self._is_within(id, readers)}
        if kind in self._held:
            go, begun = self._held[kind]
            begun.set()
            await go.wait()
        await asyncio.sleep(0)
        return snapshot

    def _is_within(self, id, readers):
        """As row-level security has it: a row that none of the readers may see is not there."""
        stamp = self.rows[id].stamp
        owner = (stamp.tenant_id, stamp.user_id)
        return any(each.everyone or (each.tenant_id, each.user_id) == owner for each in readers)


class Replica:
    """A process with an L1 of its own before rows and an L2 that are everybody's."""

    def __init__(self, rows, shared=None, **memory):
        self.registry = CollectorRegistry()
        self.memory = Memory(**memory)
        self.layers = Layers("thing", self.memory, shared, self.registry)
        self.cached = Cached(PREFIX, rows, self.layers)

    async def get(self, id, who=ALICE):
        return await self.cached.get(id, who)

    def counted(self, layer, result):
        labels = {"cache": "thing", "layer": layer, "result": result}
        return self.registry.get_sample_value("cache_requests_total", labels)
