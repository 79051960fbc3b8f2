"""What other services tell of, written down for the audit trail: in the transaction that moves the place read up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

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


def subscriptions(trail: PostgresTrail) -> list[Subscription]:
    """One per topic."""
    return [_subscription(topic, trail) for topic in TOLD]


def _subscription(topic: str, trail: PostgresTrail) -> Subscription:
    async def handle(connection: Connection, message: Message) -> None:
        await trail.told(connection, _entry(message))

    return Subscription(CONSUMER, topic, set(TOLD[topic][1]), handle, lambda: None)


def _entry(message: Message) -> Entry:
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
