"""The sequencer: chains what was written down, one transaction after the other, whichever replica works."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.audit_ports import AuditStore, Heads, Waiting
from services.auth.app.ports import Clock
from services.auth.domain.audit import ChainBroken, Head, chained

KEPT_YEARS = 7


@dataclass(frozen=True, slots=True)
class KeepAudit:
    """Chains entries, signs the chain's head, and makes room.

    It adds nothing to a chain that ends before its signed head, or otherwise: what waits is safe, and what is left of
    the chain is evidence.
    """

    store: AuditStore
    heads: Heads
    clock: Clock
    key: bytes

    async def chain(self) -> int:
        """Chain a batch; how many that were. Raises ChainBroken, and HeadForged."""
        async with self.store.sequencing() as waiting:
            if waiting is None:
                return 0
            links = chained(self.key, await self._end(waiting), await waiting.entries(), self.clock.now())
            if links:
                await waiting.add(links)
        if links:
            await self.heads.sign(Head(links[-1].seq, links[-1].code), links[-1].recorded_at)
        return len(links)

    async def make_room(self) -> None:
        """Make room for what comes. What is dropped is signed before, as what the chain begins behind."""
        now = self.clock.now()
        oldest = now.replace(year=now.year - KEPT_YEARS, day=1, hour=0, minute=0, second=0, microsecond=0)
        last = await self.store.last_before(oldest)
        if last is not None:
            await self.heads.begin_behind(last)
        await self.store.keep(now, oldest)

    async def _end(self, waiting: Waiting) -> Head:
        """The chain's end. Raises ChainBroken if it lies before the signed head, or the head's link is another."""
        end = await waiting.head() or await self.heads.beginning()
        signed = await self.heads.newest()
        if signed is None:
            return end
        if end.seq < signed.seq:
            raise ChainBroken(end.seq + 1, "it is missing, and all behind it")
        if (end.code if end.seq == signed.seq else await waiting.code_at(signed.seq)) != signed.code:
            raise ChainBroken(signed.seq, "it is not the one whose head was signed")
        return end
