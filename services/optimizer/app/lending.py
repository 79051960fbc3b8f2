"""Universes lent to whoever put them."""

from __future__ import annotations

import asyncio

from services.optimizer.app.ports import Caller, Lent, Resident, Universes
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.records import from_bytes


async def lent_to(caller: Caller, resident: Resident, universes: Universes) -> Lent:
    """A universe for a worker, if it is the caller's. Raises UniverseNotFound."""
    kept = await universes.find(caller, resident.universe_id)
    return Lent(kept.id, kept.assets, kept.factors, lambda: universes.read(caller, kept.id))


async def read_by(caller: Caller, resident: Resident, universes: Universes) -> Moments:
    """The moments of a universe, if it is the caller's. Raises UniverseNotFound."""
    await universes.find(caller, resident.universe_id)
    data = await universes.read(caller, resident.universe_id)
    return await asyncio.to_thread(from_bytes, Moments, data)
