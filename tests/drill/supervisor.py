"""Kills one process after the other, and measures how soon each is missed no more."""

from __future__ import annotations

import asyncio
import random
import time

from stack.mesh import Mesh
from tests.drill.history import Writer
from tests.drill.recovery import Observer
from tests.drill.targets import Target, deck, kill, target_of

TWO_AT_ONCE = 0.1
PAUSE = (0.5, 3.5)  # seconds between what was recovered and the next kill


class Supervisor:
    """Seeded: the same seed deals the same kinds in the same order, with the same pauses."""

    def __init__(self, mesh: Mesh, observer: Observer, writer: Writer, *, kills: int, chance: random.Random) -> None:
        self._mesh, self._observer, self._writer, self._chance = mesh, observer, writer, chance
        self._cards = deck(kills, chance)
        self.done = 0

    async def run(self) -> None:
        """Until no card is left."""
        while self._cards:
            await asyncio.sleep(self._chance.uniform(*PAUSE))
            together = 2 if self._chance.random() < TWO_AT_ONCE else 1
            kinds = [self._cards.pop() for _ in range(min(together, len(self._cards)))]
            targets = [await self._target(kind) for kind in kinds]
            at = [await asyncio.to_thread(kill, target) for target in targets]
            await asyncio.gather(*(self._watched(*each) for each in zip(targets, at, strict=True)))

    async def _target(self, kind: str) -> Target:
        """A living process of that kind; one that still starts is waited for."""
        deadline = time.monotonic() + 60
        while (target := await asyncio.to_thread(target_of, self._mesh, kind, self._chance)) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"there is no {kind} to kill after a minute: {self._mesh.parts()}")
            await asyncio.sleep(0.05)
        return target

    async def _watched(self, target: Target, at: float) -> None:
        try:
            seconds = await self._observer.recovered(target.kind, at)
        except TimeoutError:
            seconds = float("inf")
        self.done += 1
        fields = {"kind": target.kind, "what": target.what, "pid": target.pid, "recovered": round(seconds, 4)}
        self._writer.put("kill", n=self.done, t=round(at, 6), **fields)
