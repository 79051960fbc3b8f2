"""How this server is used, told to the bus: each user's calls of a minute, counted, and texts that read like attacks.

Of a call that did not come through the edge nothing is counted: services call each other as the user, and what one
call of theirs costs inside says nothing of them. What a call contained is never kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import CollectorRegistry, Counter
from qpo.audit.v1 import events_pb2 as pb

from chassis.announcements import Announcements
from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.context import Call
from chassis.methods import Cost, Method

TOPIC = pb.AccessEvent.DESCRIPTOR.full_name
MOST_USERS = 10_000  # of a minute
MOST_DIFFERENT = 64  # methods, or addresses, of one user's minute
MOST_SUSPECTED = 20  # texts told in a minute, of one user, and of all whom nobody knows together
_MINUTE = 60.0
_TURN = 100  # users summed up before other work has its turn

_COUNTED = {
    "PERMISSION_DENIED": "refused",
    "UNAUTHENTICATED": "refused",
    "RESOURCE_EXHAUSTED": "refused",
    "INVALID_ARGUMENT": "invalid",
    "NOT_FOUND": "not_found",
}


class _Tally:
    """One user's minute."""

    __slots__ = ("addresses", "bytes_in", "calls", "invalid", "methods", "not_found", "refused", "suspected", "writes")

    def __init__(self) -> None:
        self.calls = self.refused = self.invalid = self.not_found = self.writes = self.bytes_in = self.suspected = 0
        self.methods: set[str] = set()
        self.addresses: set[str] = set()


class Watch:
    """Counts; `run` beside the calls, and `close` behind them.

    usage_left_out_total: calls of users beyond 10,000 in a minute, and texts beyond a user's share, told to nobody.
    """

    def __init__(
        self,
        bus: Bus,
        registry: CollectorRegistry,
        *,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._announcements = Announcements(bus, TOPIC, registry)
        self._left_out = Counter("usage_left_out", "Calls and texts that were not told", registry=registry)
        self._now = now or SystemClock().now
        self._tallies: dict[str, _Tally] = {}
        self._minute = _minute_of(self._now())

    def left(self, call: Call, method: Method, code: str) -> None:
        """Counts a call that has ended; takes a microsecond or two."""
        forwarded = call.metadata.get("x-forwarded-for")
        if call.principal is None or not forwarded:
            return
        tally = self._tallies.get(call.principal.user_id) or self._begun(call.principal.user_id)
        if tally is None:
            return
        tally.calls += 1
        tally.bytes_in += call.received
        if method.cost is Cost.WRITE:
            tally.writes += 1
        if len(tally.methods) < MOST_DIFFERENT:
            tally.methods.add(method.path)
        if len(tally.addresses) < MOST_DIFFERENT:
            # The edge appends the address that it sees to whatever the caller claims.
            tally.addresses.add(forwarded.rpartition(",")[2])
        counted = _COUNTED.get(code)
        if counted is not None:
            setattr(tally, counted, getattr(tally, counted) + 1)

    def suspected(self, call: Call | None, method: Method, field: str, family: str) -> None:
        """Tells of a text that reads like an attack, as the present call's principal's."""
        user_id = "" if call is None or call.principal is None else call.principal.user_id
        tally = self._tallies.get(user_id) or self._begun(user_id)
        if tally is None or tally.suspected >= MOST_SUSPECTED:
            self._left_out.inc()
            return
        tally.suspected += 1
        text = pb.TextSuspected(method=method.path, field=field, family=family)
        self._announcements.tell("text_suspected", pb.AccessEvent(text_suspected=text).SerializeToString())

    async def run(self) -> None:
        """Tells each minute when it is over, until cancelled."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self._announcements.run())
            jobs.create_task(self._told_every_minute())

    async def close(self, seconds: float) -> None:
        """Tells what there is of the present minute, in so many seconds at most. Only once `run` has ended."""
        await self.told()
        await self._announcements.close(seconds)

    async def told(self) -> None:
        """Tells what was counted until now, and begins anew."""
        tallies, minute = self._tallies, self._minute
        self._tallies, self._minute = {}, _minute_of(self._now())
        for number, (user_id, tally) in enumerate(tallies.items(), 1):
            if user_id and tally.calls:
                summed = pb.AccessEvent(usage_summed=_summed(user_id, minute, tally))
                self._announcements.tell("usage_summed", summed.SerializeToString())
            if number % _TURN == 0:
                await asyncio.sleep(0)

    async def _told_every_minute(self) -> None:
        while True:
            await asyncio.sleep(_MINUTE - self._now().timestamp() % _MINUTE)
            await self.told()

    def _begun(self, user_id: str) -> _Tally | None:
        if len(self._tallies) >= MOST_USERS:
            self._left_out.inc()
            return None
        tally = self._tallies[user_id] = _Tally()
        return tally


def _minute_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _summed(user_id: str, minute: datetime, tally: _Tally) -> Any:
    began = Timestamp()
    began.FromDatetime(minute)
    return pb.UsageSummed(
        user_id=user_id,
        minute=began,
        calls=tally.calls,
        refused=tally.refused,
        invalid=tally.invalid,
        not_found=tally.not_found,
        writes=tally.writes,
        bytes_in=tally.bytes_in,
        methods=sorted(zlib.crc32(path.encode()) for path in tally.methods),
        addresses=sorted(_fingerprint(f"{user_id} {minute.isoformat()} {one.strip()}") for one in tally.addresses),
    )


def _fingerprint(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
