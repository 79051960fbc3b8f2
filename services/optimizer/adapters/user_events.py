"""Listens to what auth tells of its users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qpo.auth.v1 import events_pb2 as pb

from chassis.bus import Message
from chassis.consumers import Subscription
from services.optimizer.adapters.job_news import JobNews
from services.optimizer.adapters.leavings_postgres import PostgresLeavings
from services.optimizer.app.forget_user import ForgetUser

if TYPE_CHECKING:
    from chassis.outbox import Connection


def departures(news: JobNews) -> Subscription:
    """Forgets every user who is deleted."""
    forget = ForgetUser()

    async def handle(connection: Connection, message: Message) -> None:
        event = pb.UserEvent.FromString(message.payload)
        await forget(PostgresLeavings(connection, news), event.user_deleted.account.user_id)

    return Subscription("optimizer", pb.UserEvent.DESCRIPTOR.full_name, {"user_deleted"}, handle, news.committed)
