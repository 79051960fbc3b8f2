"""Listens to what auth tells of its users: who left, and who advises whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING

from qpo.auth.v1 import events_pb2 as pb
from qpo.auth.v1 import user_pb2

from chassis.bus import Message
from chassis.consumers import Subscription
from services.portfolio.adapters.details_sealed import SealedDetails
from services.portfolio.adapters.portfolios_postgres import PostgresTransaction
from services.portfolio.app.forget_user import ForgetUser
from services.portfolio.app.ports import Link

if TYPE_CHECKING:
    from services.portfolio.adapters.portfolios_postgres import Connection

TYPES = {"user_deleted", "advisor_linked", "advisor_unlinked"}


def users(forget: ForgetUser, details: SealedDetails, committed: Callable[[], None]) -> Subscription:
    """Forgets every user who is deleted; lets advisors reach their clients' portfolios, and reach them no more."""

    async def handle(connection: Connection, message: Message) -> None:
        event = pb.UserEvent.FromString(message.payload)
        transaction = PostgresTransaction(connection, details)
        match message.type:
            case "user_deleted":
                gone = event.user_deleted.account
                await forget(transaction, gone.user_id, gone.tenant_id)
            case "advisor_linked":
                await transaction.link(_link(event.advisor_linked.link))
            case "advisor_unlinked":
                ended = event.advisor_unlinked.link
                await transaction.unlink(ended.advisor_id, ended.client_id)

    return Subscription("portfolio", pb.UserEvent.DESCRIPTOR.full_name, TYPES, handle, committed)


def _link(link: user_pb2.Link) -> Link:
    until = link.valid_until.ToDatetime(UTC) if link.HasField("valid_until") else None
    return Link(link.advisor_id, link.client_id, link.valid_from.ToDatetime(UTC), until)
