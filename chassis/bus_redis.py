"""The bus on Redis Streams: one stream per partition of a topic; an entry's fields are the envelope and the payload."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chassis.bus import START, BusUnavailable, Delivery, Message, Topic, partition_of

if TYPE_CHECKING:
    from redis.asyncio import Redis

# KEYS a stream; ARGV a position, a number: how many entries lie behind the position, up to the number.
_BEHIND = "return #redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])"
_COUNTED = 1000
_CONNECT, _ANSWER = 2.0, 5.0  # seconds; a read waits for less


class RedisBus:
    """The port Bus. A batch is published as one transaction: it lands whole, so that no gap is filled in later."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._topics = dict[str, Topic]()
        self._behind = redis.register_script(_BEHIND)

    @property
    def forgets(self) -> bool:
        """Memory is finite."""
        return True

    async def declare(self, topic: Topic) -> None:
        """Nothing must be made: a stream is there with its first entry. It forgets what `backlog` does not hold."""
        self._topics[topic.name] = topic

    def partitions(self, topic: str) -> int:
        """As declared."""
        return self._layout(topic).partitions

    async def publish(self, topic: str, messages: Sequence[Message], mark: str) -> None:
        """One pipeline; each stream forgets what is older than its newest `backlog`."""
        pipeline, layout = self._redis.pipeline(transaction=True), self._layout(topic)
        for message in messages:
            stream = _stream(topic, partition_of(message.key, layout.partitions))
            pipeline.xadd(stream, _fields(message), maxlen=layout.backlog, approximate=True)
        pipeline.set(_mark(topic), mark)
        with _translated():
            await pipeline.execute()

    async def mark(self, topic: str) -> str:
        """One GET."""
        with _translated():
            found = await self._redis.get(_mark(topic))
        return found.decode() if isinstance(found, bytes) else ""

    async def ends(self, topic: str) -> dict[int, str]:
        """The ids of the streams' last entries."""
        pipeline = self._redis.pipeline(transaction=False)
        for partition in range(self.partitions(topic)):
            pipeline.xrevrange(_stream(topic, partition), count=1)
        with _translated():
            last = await pipeline.execute()
        return {number: entries[0][0].decode() if entries else START for number, entries in enumerate(last)}

    async def lag(self, topic: str, after: Mapping[int, str]) -> dict[int, int]:
        """Counted by Redis, entry by entry; nothing is sent but the numbers."""
        pipeline = self._redis.pipeline(transaction=False)
        with _translated():
            for partition, position in after.items():
                await self._behind([_stream(topic, partition)], [_own(position), _COUNTED], client=pipeline)
            return dict(zip(after, await pipeline.execute(), strict=True))

    async def read(self, topic: str, after: Mapping[int, str], limit: int, wait: float = 0.0) -> list[Delivery]:
        """One XREAD over the streams."""
        numbers = {_stream(topic, partition): partition for partition in after}
        behind: dict[Any, Any] = {stream: _own(after[partition]) for stream, partition in numbers.items()}
        block = max(1, round(1000 * wait)) if wait else None
        with _translated():
            found: Any = await self._redis.xread(behind, count=limit, block=block)
        return [
            Delivery(numbers[stream.decode()], position.decode(), _message(topic, fields))
            for stream, entries in found or ()
            for position, fields in entries
        ]

    def _layout(self, topic: str) -> Topic:
        return self._topics.get(topic) or Topic(topic)


@asynccontextmanager
async def open_bus(url: str) -> AsyncIterator[RedisBus]:
    """Opens a bus on `redis://…` or `unix://…`; connects when it is first used, and again after every loss."""
    # Imported here: a service without a bus does not pay for it.
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    # We retry ourselves: an outage is told at once.
    retry = Retry(NoBackoff(), 0)
    redis = Redis.from_url(url, protocol=2, retry=retry, socket_connect_timeout=_CONNECT, socket_timeout=_ANSWER)
    async with redis:
        yield RedisBus(redis)


@contextmanager
def _translated() -> Iterator[None]:
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError) as error:
        raise BusUnavailable(f"{type(error).__name__}: {error}") from error


def _mark(topic: str) -> str:
    return f"events:{topic}:mark"


def _stream(topic: str, partition: int) -> str:
    return f"events:{topic}:{partition}"


def _own(position: str) -> str:
    """An id of ours, or the beginning for what another bus gave out."""
    return position if "-" in position else START


# What a message says of itself beside its topic and payload, in this order, parted by a character that no text holds.
_PART = "\x1f"


def _fields(message: Message) -> dict[Any, Any]:
    envelope = (
        message.event_id,
        message.type,
        str(message.seq),
        message.occurred_at.isoformat(),
        message.knowledge_at.isoformat(),
        message.traceparent,
        message.user_id,
        message.tenant_id,
        str(message.schema_version),
        message.key,
    )
    fields: dict[Any, Any] = {"envelope": _PART.join(envelope), "payload": message.payload}
    if message.ip_address or message.user_agent:
        fields["origin"] = _PART.join((message.ip_address, message.user_agent))
    return fields


def _message(topic: str, fields: Mapping[bytes, bytes]) -> Message:
    # The key last: it alone is a caller's own text.
    event_id, type_, seq, occurred, known, traceparent, user_id, tenant_id, version, key = (
        fields[b"envelope"].decode().split(_PART, 9)
    )
    ip_address, _, user_agent = fields.get(b"origin", b"").decode().partition(_PART)
    return Message(
        event_id=event_id,
        topic=topic,
        type=type_,
        key=key,
        seq=int(seq),
        occurred_at=_moment(occurred),
        knowledge_at=_moment(known),
        traceparent=traceparent,
        user_id=user_id,
        tenant_id=tenant_id,
        schema_version=int(version),
        payload=fields[b"payload"],
        ip_address=ip_address,
        user_agent=user_agent,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
