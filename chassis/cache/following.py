"""Frees the room of what events say is outdated; nothing rests on it being done."""

from __future__ import annotations

from chassis.bus import Bus, tail
from chassis.cache.cached import Cached


async def follow(bus: Bus, topic: str, cached: Cached) -> None:
    """Follows a topic whose keys are the resources' ids and whose seqs are their versions; until cancelled."""
    async for message in tail(bus, topic):
        await cached.outdate(message.key, message.seq)
