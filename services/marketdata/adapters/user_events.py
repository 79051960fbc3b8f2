"""Listens to what auth tells of its users."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from qpo.auth.v1 import events_pb2 as pb

from chassis.bus import Message
from chassis.consumers import Subscription
from services.marketdata.adapters.leavings_postgres import PostgresLeavings
from services.marketdata.app.forget_user import ForgetUser

if TYPE_CHECKING:
    from chassis.outbox import Connection


def departures(forget_ticks: Callable[[str], Awaitable[None]], committed: Callable[[], None]) -> Subscription:
    """Forgets every user who is deleted."""
    forget = ForgetUser()

    async def handle(connection: Connection, message: Message) -> None:
        event = pb.UserEvent.FromString(message.payload)
        await forget(PostgresLeavings(connection, forget_ticks), event.user_deleted.account.user_id)

    return Subscription("marketdata", pb.UserEvent.DESCRIPTOR.full_name, {"user_deleted"}, handle, committed)
