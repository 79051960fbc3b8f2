"""What doors tell of how they are used, kept for the detectors, and of texts that read like attacks, told as events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from qpo.audit.v1 import events_pb2 as pb

from chassis.bus import Message
from chassis.consumers import Subscription
from chassis.logging import logger
from services.auth.adapters.security_events_postgres import PostgresSecurityEvents
from services.auth.adapters.usages_postgres import PostgresLooking, add
from services.auth.app.watch_usage import shut_out
from services.auth.domain.security import Kind, Response, hourly

if TYPE_CHECKING:
    from services.auth.adapters.usages_postgres import Connection

CONSUMER = "security"
TOPIC = pb.AccessEvent.DESCRIPTOR.full_name
_EARLY = timedelta(minutes=5)  # that another process's clock may go before ours


def subscription(alarms: PostgresSecurityEvents) -> Subscription:
    """All that doors tell."""

    async def handle(connection: Connection, message: Message) -> None:
        told = pb.AccessEvent.FromString(message.payload)
        if message.type == "text_suspected":
            await _suspect(PostgresLooking(connection, alarms), message, told.text_suspected)
        elif (row := _row(message, told.usage_summed)) is not None:
            await add(connection, row)
        else:
            logger().error("usage_not_understood", event_id=message.event_id)

    return Subscription(CONSUMER, TOPIC, {"usage_summed", "text_suspected"}, handle, lambda: None)


def _row(message: Message, summed: pb.UsageSummed) -> Sequence[Any] | None:
    """What is kept of a minute; None for what no door would tell."""
    try:
        minute = summed.minute.ToDatetime(UTC).replace(second=0, microsecond=0)
        size = int(summed.bytes_in)
    except (ValueError, OverflowError):
        return None
    counts = (summed.calls, summed.refused, summed.invalid, summed.not_found, summed.writes)
    if not _is_id(summed.user_id) or minute > message.occurred_at + _EARLY or summed.calls <= 0 or min(counts) < 0:
        return None
    return (summed.user_id, minute, *counts, size, list(summed.methods), list(summed.addresses))


async def _suspect(look: PostgresLooking, message: Message, text: pb.TextSuspected) -> None:
    policy = await look.policy()
    if policy.injection_action is Response.OBSERVE:
        return
    key = hourly(f"{message.user_id or message.ip_address} {text.method}", message.occurred_at)
    detail = f"the field {text.field} of {text.method} reads like SQL injection ({text.family})"
    said = {"ip_address": message.ip_address, "detail": detail}
    told = await look.tell(Kind.SQL_INJECTION, key, message.user_id, said)
    if told and policy.injection_action is Response.BLOCK and message.user_id:
        await shut_out(look, policy, message.user_id, message.occurred_at)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
