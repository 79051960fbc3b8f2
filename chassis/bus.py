"""The port to the bus: what carries events from the service where they happened to those that want to know.

A topic is split into partitions; all messages of one key lie in one partition, in the order of their publication.
A position names a place in a partition: what lies behind it is what a reader has not seen yet. Positions are the
adapter's own; one that another bus gave out, since the installation changed its bus, stands for the beginning.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chassis.patience import Patience

PARTITIONS = 12
START = "0-0"  # the position before the first message
WAIT = 2.0  # seconds that a reader waits at once
TOGETHER = 256  # messages per partition read at once


class BusUnavailable(Exception):
    """The bus does not answer, or takes nothing more; what was to be published may have been, in part."""


@dataclass(frozen=True, slots=True)
class Topic:
    """How a topic is laid out."""

    name: str
    partitions: int = PARTITIONS
    retention: timedelta = timedelta(days=7)  # that a message is kept, where there is a disk for it
    backlog: int = 10_000  # messages per partition, roughly, that are kept where memory holds them


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way: the envelope, which every reader understands, and the payload, which its topic names."""

    event_id: str  # UUIDv7
    topic: str  # full name of the payload's message
    type: str  # the field of its oneof `event`
    key: str  # the resource's id
    seq: int  # the resource's version after the change, strictly increasing per key
    occurred_at: datetime  # UTC
    knowledge_at: datetime  # when it was written down, UTC
    traceparent: str  # W3C trace context of the call that caused it; empty: of none
    user_id: str  # who caused it; empty: nobody in particular
    tenant_id: str  # their tenant
    schema_version: int
    payload: bytes  # the serialized message
    ip_address: str = ""  # that the call which caused it came from, as the edge saw it
    user_agent: str = ""  # what the caller's program calls itself


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and where it lay."""

    partition: int
    position: str
    message: Message


class Bus(Protocol):
    """Carries messages, at least once.

    One that `forgets` keeps no more than a topic's backlog, whether it was read or not; another keeps all for a time.
    """

    @property
    def forgets(self) -> bool:
        """Whether what is not read in time is lost."""
        ...

    async def declare(self, topic: Topic) -> None:
        """Lays a topic out, unless it is; what is never declared is laid out by default. Raises BusUnavailable."""
        ...

    def partitions(self, topic: str) -> int:
        """Returns how many partitions a topic has."""
        ...

    async def publish(self, topic: str, messages: Sequence[Message], mark: str) -> None:
        """Adds messages in their order, all of them or, when it raises, perhaps none. Raises BusUnavailable.

        The mark replaces the topic's last one: whenever the messages are lost, so is it.
        """
        ...

    async def mark(self, topic: str) -> str:
        """Returns the topic's mark, empty if there is none. Raises BusUnavailable."""
        ...

    async def ends(self, topic: str) -> dict[int, str]:
        """Returns the position behind which the next message of each partition will lie. Raises BusUnavailable."""
        ...

    async def lag(self, topic: str, after: Mapping[int, str]) -> dict[int, int]:
        """Returns how many messages lie behind these positions; past 1,000 it may say 1,000. Raises BusUnavailable."""
        ...

    async def read(self, topic: str, after: Mapping[int, str], limit: int, wait: float = 0.0) -> list[Delivery]:
        """Returns up to `limit` messages per partition behind these positions, in order within each partition.

        Waits up to `wait` seconds for a first one; none came if the list is empty. Raises BusUnavailable.
        """
        ...


def partition_of(key: str, partitions: int = PARTITIONS) -> int:
    """Returns the partition of a key: CRC-32 of its UTF-8 bytes, modulo the number of partitions."""
    return zlib.crc32(key.encode()) % partitions


async def tail(bus: Bus, topic: str) -> AsyncIterator[Message]:
    """Yields what is published from now on, in this process and every other that asks; keeps no position.

    For what each replica does for itself, such as dropping what it cached. While the bus is away nothing comes; when
    it is back, what was published meanwhile does.
    """
    patience, positions = Patience("bus_tail", topic=topic), dict[int, str]()
    while True:
        async with patience.bearing(BusUnavailable):
            positions = positions or await bus.ends(topic)
            found = await bus.read(topic, positions, TOGETHER, WAIT)
            for delivery in found:
                positions[delivery.partition] = delivery.position
                yield delivery.message
