"""What other services tell of, written down for the audit trail: in the transaction that moves the place read up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from qpo.audit.v1 import events_pb2 as calls

from chassis.bus import Message
from chassis.consumers import Subscription
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.domain.audit import OK, Action, Entry

if TYPE_CHECKING:
    from services.auth.adapters.trail_postgres import Connection

CONSUMER = "audit"
# By topic: what its keys name, and what its events are.
TOLD: Mapping[str, tuple[str, Mapping[str, Action]]] = {
    "qpo.portfolio.v1.PortfolioEvent": (
        "portfolio",
        {
            "portfolio_created": Action.PORTFOLIO_CREATE,
            "portfolio_modified": Action.PORTFOLIO_MODIFY,
            "holdings_rebalanced": Action.PORTFOLIO_MODIFY,
            "portfolio_deleted": Action.PORTFOLIO_MODIFY,
        },
    ),
    "qpo.optimizer.v1.OptimizationEvent": ("optimization", {"optimization_submitted": Action.OPTIMIZATION_RUN}),
}

# What any service tells of calls that it refused.
CALLS = calls.CallEvent.DESCRIPTOR.full_name


def subscriptions(trail: PostgresTrail) -> list[Subscription]:
    """One per topic."""
    done = [_subscription(trail, topic, actions, _done) for topic, (_, actions) in TOLD.items()]
    return [*done, _subscription(trail, CALLS, ["call_refused"], _refused)]


def _subscription(
    trail: PostgresTrail, topic: str, types: Iterable[str], entry: Callable[[Message], Entry]
) -> Subscription:
    async def handle(connection: Connection, message: Message) -> None:
        await trail.told(connection, entry(message))

    return Subscription(CONSUMER, topic, set(types), handle, lambda: None)


def _refused(message: Message) -> Entry:
    refused = calls.CallEvent.FromString(message.payload).call_refused
    return Entry(
        id=message.event_id,
        occurred_at=message.occurred_at,
        user_id=message.user_id,
        action=Action.CALL,
        resource=refused.resource,
        ip_address=message.ip_address,
        user_agent=message.user_agent,
        result=refused.reason,
        method=refused.method,
    )


def _done(message: Message) -> Entry:
    named, actions = TOLD[message.topic]
    return Entry(
        id=message.event_id,
        occurred_at=message.occurred_at,
        user_id=message.user_id,
        action=actions[message.type],
        resource=f"{named}:{message.key}",
        ip_address=message.ip_address,
        user_agent=message.user_agent,
        result=OK,
    )
