"""VerifyAudit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.auth.app.audit_ports import AuditStore, Heads
from services.auth.domain.audit import ChainBroken, Verifier

BATCH = 2000  # links


@dataclass(frozen=True, slots=True)
class Progress:
    """How many links of how many were verified; at the end also whether they are intact, or what is broken."""

    verified: int
    total: int
    over: bool = False
    broken: ChainBroken | None = None


@dataclass(frozen=True, slots=True)
class VerifyAudit:
    """Follows the chain from its first link that is still kept to its newest."""

    store: AuditStore
    heads: Heads
    key: bytes

    async def __call__(self) -> AsyncIterator[Progress]:
        """Tell how far it is; the last one is over. Raises HeadForged."""
        # Heads are read first: links that are added meanwhile lie behind them.
        heads, beginning = await self.heads.all(), await self.heads.beginning()
        head = await self.store.head()
        end = beginning.seq if head is None else head.seq
        total = max(0, end - beginning.seq)
        verifier = Verifier(self.key, beginning, {seq: code for seq, code in heads.items() if seq > beginning.seq})
        try:
            while links := await self.store.behind(verifier.at.seq, BATCH):
                # Some milliseconds of work: on a thread, so that other calls have their turns.
                await asyncio.to_thread(verifier.follow, links)
                yield Progress(verifier.at.seq - beginning.seq, max(total, verifier.at.seq - beginning.seq))
            verifier.finish()
        except ChainBroken as error:
            yield Progress(verifier.at.seq - beginning.seq, total, over=True, broken=error)
        else:
            verified = verifier.at.seq - beginning.seq
            yield Progress(verified, max(total, verified), over=True)
