"""The transactional outbox: an event is a row, written in the transaction of the effect it tells of.

So that neither is kept without the other. The rows stay after they were published: of each resource they tell every
version in order, and replayed they give its row. Of two transactions on one key the second appends behind the first,
since it waits for the resource's row lock before it appends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import uuid_utils

from chassis import context, telemetry

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = Any

OUTBOX_DDL = """
CREATE TABLE outbox (
    position       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id       uuid        NOT NULL,
    topic          text        NOT NULL,
    type           text        NOT NULL,
    key            text        NOT NULL,
    seq            bigint      NOT NULL,
    occurred_at    timestamptz NOT NULL,
    knowledge_at   timestamptz NOT NULL DEFAULT now(),
    traceparent    text        NOT NULL,
    user_id        text        NOT NULL,
    tenant_id      text        NOT NULL,
    schema_version integer     NOT NULL,
    payload        bytea       NOT NULL,
    published_at   timestamptz,
    -- A version of a resource comes about once.
    UNIQUE (key, seq, topic)
);
CREATE INDEX outbox_waiting ON outbox (position) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at);
"""

# Where the call came from that caused the event; empty where none did.
OUTBOX_ORIGIN_DDL = """
ALTER TABLE outbox ADD COLUMN ip_address text NOT NULL DEFAULT '', ADD COLUMN user_agent text NOT NULL DEFAULT ''
"""

_APPEND = """
INSERT INTO outbox (event_id, topic, type, key, seq, occurred_at, traceparent, user_id, tenant_id, schema_version,
                    payload, ip_address, user_agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""


# What the events of a resource tell goes with its owner; that they happened, when and in which order, stays.
_SILENCE = "UPDATE outbox SET payload = '' WHERE key = ANY ($1::text[])"


class Who(Protocol):
    """Whoever caused an event: a Principal, or what an adapter was told of one."""

    @property
    def user_id(self) -> str:
        """The user."""
        ...

    @property
    def tenant_id(self) -> str:
        """Their tenant."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a resource."""

    topic: str  # full name of the payload's message, e.g. `qpo.portfolio.v1.PortfolioEvent`
    type: str  # the field of its oneof `event`, e.g. `portfolio_created`
    key: str  # the resource's id; order is kept per key
    seq: int  # the resource's version after the change, strictly increasing per key
    occurred_at: datetime
    payload: bytes  # the serialized message
    schema_version: int = 1


async def append(connection: Connection, *events: Event, who: Who | None = None) -> None:
    """Writes events down, in the caller's transaction and behind its locks; one round trip.

    They are told to be caused by `who`, or else by the present call's principal, from where that call came.
    """
    if who is None:
        call = context.current()
        who = None if call is None else call.principal
    caused = ("", "") if who is None else (who.user_id, who.tenant_id)
    traceparent = telemetry.outgoing().get("traceparent", "")
    await connection.executemany(_APPEND, [_row(event, traceparent, caused) for event in events])


async def silence(connection: Connection, keys: Sequence[str]) -> None:
    """Takes away what was told of resources whose owner has left, in the caller's transaction.

    What was not published yet is told without its payload: that something happened to what is no more.
    """
    await connection.execute(_SILENCE, list(keys))


def _row(event: Event, traceparent: str, caused: tuple[str, str]) -> tuple[Any, ...]:
    named = (str(uuid_utils.uuid7()), event.topic, event.type, event.key, event.seq, event.occurred_at)
    origin = (context.client_address(), context.user_agent())
    return (*named, traceparent, *caused, event.schema_version, event.payload, *origin)
