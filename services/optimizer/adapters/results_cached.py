"""Results in the caches: `opt:{portfolio_id}:{hash}`.

The hash is SHA-256 over whose result it is, the engine, and the whole problem in canonical bytes: moments, goal,
constraints, current weights, stop rule. Such a key names one value for ever, so that it needs no check of freshness,
and nobody else's equal problem has the same key.
"""

from __future__ import annotations

import asyncio
import hashlib

from chassis.cache import Entry, Layers, Stamp
from services.optimizer.app.ports import Whose
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.result import Optimum


class CachedResults:
    """The port Results on layers; `engine` names the solver and its version."""

    def __init__(self, layers: Layers, engine: str) -> None:
        self._layers, self._engine = layers, engine

    async def find(self, whose: Whose, problem: bytes) -> Optimum | None:
        """What is kept, if it can be read as an optimum."""
        stamp = _stamp(whose)

        async def theirs(entry: Entry) -> bool:
            return entry.stamp == stamp

        entry = await self._layers.find(await self._key(whose, problem), theirs)
        return None if entry is None else _read(entry.body)

    async def keep(self, whose: Whose, problem: bytes, found: Optimum) -> None:
        """In every layer."""
        self._layers.put(await self._key(whose, problem), Entry(_stamp(whose), to_bytes(found)))

    async def _key(self, whose: Whose, problem: bytes) -> str:
        # In a thread: a problem with a dense covariance of 1,400 assets has 16 MB.
        digest = await asyncio.to_thread(_digest, self._engine, whose, problem)
        return f"opt:{whose.portfolio_id or '-'}:{digest}"


def _digest(engine: str, whose: Whose, problem: bytes) -> str:
    names = "\0".join((engine, whose.tenant_id, whose.user_id))
    return hashlib.sha256(b"\0".join((names.encode(), problem))).hexdigest()


def _stamp(whose: Whose) -> Stamp:
    return Stamp(0, whose.tenant_id, whose.user_id)


def _read(body: bytes) -> Optimum | None:
    """The optimum; None if another release wrote it in other fields."""
    try:
        return from_bytes(Optimum, body)
    except (ValueError, KeyError, TypeError):
        return None
