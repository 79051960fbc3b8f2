"""The envelope of what the present call tells the bus, where no outbox writes it."""

from __future__ import annotations

from datetime import datetime

from chassis import context, telemetry
from chassis.bus import Message


def enveloped(topic: str, type_: str, payload: bytes, *, key: str, seq: int, event_id: str, now: datetime) -> Message:
    """A message in the name of the present call's principal, below its trace. From where they called is not in it."""
    call = context.current()
    who = None if call is None else call.principal
    return Message(
        event_id=event_id,
        topic=topic,
        type=type_,
        key=key,
        seq=seq,
        occurred_at=now,
        knowledge_at=now,
        traceparent=telemetry.outgoing().get("traceparent", ""),
        user_id="" if who is None else who.user_id,
        tenant_id="" if who is None else who.tenant_id,
        schema_version=1,
        payload=payload,
    )
