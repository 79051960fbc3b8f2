"""The sequencer as it runs beside the calls of every replica."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Gauge

from chassis.logging import logger
from chassis.patience import Patience
from chassis.postgres import AWAY
from services.auth.app.keep_audit import KeepAudit
from services.auth.app.security_ports import Alarms
from services.auth.domain.audit import ChainBroken
from services.auth.domain.errors import HeadForged
from services.auth.domain.security import Kind

_PAUSE = 0.5  # seconds between two looks for what was written down
_HOUR = 3600.0
_ALARM = 60.0  # seconds between two alarms


class Sequencer:
    """Chains what was written down within a second. `audit_broken` is 1 while it does not, for the chain is broken."""

    def __init__(self, keep: KeepAudit, alarms: Alarms, registry: CollectorRegistry) -> None:
        self._keep, self._alarms = keep, alarms
        self._broken = Gauge("audit_broken", "Whether the audit chain is not as it was written", registry=registry)

    async def run(self) -> None:
        """Work until cancelled; while PostgreSQL is away, what was written down waits there."""
        patience, room_at = Patience("audit"), 0.0
        while True:
            async with patience.bearing(*AWAY):
                now = asyncio.get_running_loop().time()
                if now >= room_at:
                    await self._keep.make_room()
                    room_at = now + _HOUR
                await self._chain()
            await asyncio.sleep(_PAUSE)

    async def _chain(self) -> None:
        try:
            while await self._keep.chain():
                self._broken.set(0)
        except (ChainBroken, HeadForged) as error:
            self._broken.set(1)
            logger().error("audit_broken", error=str(error))
            await self._alarms.tell(Kind.AUDIT_BROKEN, str(error), subject="audit", detail=str(error))
            await asyncio.sleep(_ALARM)
