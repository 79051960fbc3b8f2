"""Refusals on their way to the audit trail: whom this server turned away at its door, told to the bus.

Of a caller whom nobody knows nothing is told, since anybody could make any number of those; and of one principal no
more than a share, for the same reason. What is left out is in the log all the same, as every call is, and counted.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable

import grpc
from prometheus_client import CollectorRegistry, Counter
from qpo.audit.v1 import events_pb2 as pb

from chassis import context
from chassis.announcements import Announcements
from chassis.bus import Bus
from chassis.errors import TOO_MANY_CALLS, Answer
from chassis.logging import logger
from chassis.methods import Method

TOPIC = pb.CallEvent.DESCRIPTOR.full_name
SHARE, MINUTE = 60, 60.0  # refusals of one principal told in so many seconds, by one process

_TOLD = frozenset({grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED})


def _is_told(answer: Answer) -> bool:
    return answer.code in _TOLD or answer.reason == TOO_MANY_CALLS


class Refusals:
    """Tells what a door refused; is a `Refused`.

    refusals_left_out_total: those beyond a principal's share.
    """

    def __init__(
        self, bus: Bus, registry: CollectorRegistry, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._announcements = Announcements(bus, TOPIC, registry)
        self._left_out = Counter("refusals_left_out", "Refusals beyond a principal's share", registry=registry)
        self._monotonic = monotonic
        self._told: Tally[str] = Tally()
        self._until = 0.0
        self.run, self.close = self._announcements.run, self._announcements.close

    async def __call__(self, method: Method, answer: Answer) -> None:
        """Tells of this refusal, if it is one of somebody who is known."""
        call = context.current()
        if not _is_told(answer) or call is None or call.principal is None:
            return
        if self._takes(call.principal.user_id):
            refused = pb.CallRefused(
                method=method.path, resource=call.resource or answer.resource, reason=answer.reason
            )
            self._announcements.tell("call_refused", pb.CallEvent(call_refused=refused).SerializeToString())

    def _takes(self, user_id: str) -> bool:
        now = self._monotonic()
        if now >= self._until:
            self._told.clear()
            self._until = now + MINUTE
        self._told[user_id] += 1
        if self._told[user_id] <= SHARE:
            return True
        self._left_out.inc()
        if self._told[user_id] == SHARE + 1:
            logger().warning("refusals_left_out", principal=user_id, beyond=SHARE, seconds=MINUTE)
        return False
