"""Listens to what auth tells of its users."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qpo.auth.v1 import events_pb2 as pb

from chassis.bus import Message
from chassis.consumers import Subscription
from services.portfolio.adapters.details_sealed import SealedDetails
from services.portfolio.adapters.portfolios_postgres import PostgresTransaction
from services.portfolio.app.forget_user import ForgetUser

if TYPE_CHECKING:
    from services.portfolio.adapters.portfolios_postgres import Connection


def departures(forget: ForgetUser, details: SealedDetails, committed: Callable[[], None]) -> Subscription:
    """Forgets every user who is deleted."""

    async def handle(connection: Connection, message: Message) -> None:
        gone = pb.UserEvent.FromString(message.payload).user_deleted.account
        await forget(PostgresTransaction(connection, details), gone.user_id, gone.tenant_id)

    return Subscription("portfolio", pb.UserEvent.DESCRIPTOR.full_name, {"user_deleted"}, handle, committed)
