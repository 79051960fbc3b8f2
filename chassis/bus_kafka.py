"""The bus on Kafka: the envelope in a record's headers, the payload as its value.

A position is the offset of the next record. Nobody joins a consumer group: whose a partition is, and how far it was
read, is a row in the reader's own schema (see consumers.py), so that position and effect are one commit.

The producer writes with headers, which confluent-kafka's asyncio producer does not take: the plain one works on a
thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from chassis.bus import START, BusUnavailable, Delivery, Message, Topic, partition_of
from chassis.kafka_url import connection

if TYPE_CHECKING:
    from confluent_kafka import Message as Record
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.aio import AIOConsumer

K = TypeVar("K")
V = TypeVar("V")

_GREETING, _ANSWER = 1.5, 5.0  # seconds that the brokers have to say who they are, and to answer
_REPLICAS = 3  # of each record, where there are as many brokers
_SLICE = 0.25  # seconds that a read waits at once, so that its cancellation is noticed
_TURN = 0.05  # seconds before the brokers are asked again
_READERS = 4  # idle consumers kept for the next read

# The specification's producer. Gapless and idempotent: of what one key is told, a record never comes without those
# before it, and in their order.
_PRODUCER = {
    "acks": "all",
    "retries": 3,
    "batch.size": 16384,
    "compression.type": "lz4",
    "enable.idempotence": True,
    "enable.gapless.guarantee": True,
    "linger.ms": 5,
    "message.timeout.ms": round(1000 * _ANSWER),
}
_CONSUMER = {
    "group.id": "qpo",  # asked for, although nobody joins it
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 50,
}
# What a message says of itself beside its topic, key and payload.
_WHO = ("traceparent", "user_id", "tenant_id")
_WHENCE = ("ip_address", "user_agent")
_ENVELOPE = ("event_id", "type", "seq", "occurred_at", "knowledge_at", *_WHO, "schema_version", *_WHENCE)


class KafkaBus:
    """The port Bus."""

    def __init__(self, how: Mapping[str, str]) -> None:
        from confluent_kafka.admin import AdminClient

        # librdkafka tries again by itself; that a call of ours failed, we tell ourselves.
        self._settings: dict[str, Any] = {
            **how,
            "log_level": 0,
            "socket.timeout.ms": round(1000 * _ANSWER),
        }
        self._admin: AdminClient = AdminClient(self._settings)
        self._producer: Producer | None = None
        self._writing = ThreadPoolExecutor(1, "kafka-writer")
        self._topics = dict[str, Topic]()
        self._idle = list[_Reader]()

    @property
    def forgets(self) -> bool:
        """Only after the topic's retention."""
        return False

    async def declare(self, topic: Topic) -> None:
        """Creates it with the specification's replication, if no broker knows it."""
        from confluent_kafka import KafkaError, KafkaException
        from confluent_kafka.cimpl import NewTopic

        if topic.name in self._topics:
            return
        with _translated():
            brokers = len((await asyncio.to_thread(self._admin.list_topics, timeout=_GREETING)).brokers)
            kept = str(round(topic.retention.total_seconds() * 1000))
            new = NewTopic(topic.name, topic.partitions, min(_REPLICAS, brokers), config={"retention.ms": kept})
            try:
                await _all(self._admin.create_topics([new], request_timeout=_ANSWER))
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        self._topics[topic.name] = topic

    def partitions(self, topic: str) -> int:
        """As declared."""
        return (self._topics.get(topic) or Topic(topic)).partitions

    async def publish(self, topic: str, messages: Sequence[Message], mark: str) -> None:
        """Waits until every record is acknowledged. When one is not, none behind it in its partition is either."""
        await self._declared(topic)
        written = asyncio.get_running_loop().run_in_executor(self._writing, self._write, topic, messages, mark)
        with _translated():
            # A caller that leaves does not leave half: what has begun is written.
            await asyncio.shield(written)

    async def mark(self, topic: str) -> str:
        """The newest of the marks that the partitions' last records carry."""
        ends = await self.ends(topic)
        last = {number: str(_offset(end) - 1) for number, end in ends.items() if _offset(end)}
        marks = [_headers(record).get("mark", "") for record in await self._records(topic, last, 1, 0.0)]
        return max(marks, default="")

    async def ends(self, topic: str) -> dict[int, str]:
        """The partitions' high watermarks."""
        await self._declared(topic)
        clock = asyncio.get_running_loop().time
        until = clock() + _ANSWER
        while True:
            try:
                return await self._watermarks(topic)
            except BusUnavailable:
                # Of a topic just made, or a broker just started, some partition has no leader yet.
                if clock() >= until:
                    raise
                await asyncio.sleep(_TURN)

    async def lag(self, topic: str, after: Mapping[int, str]) -> dict[int, int]:
        """The watermarks less the positions."""
        ends = await self.ends(topic)
        return {number: max(0, _offset(ends[number]) - _offset(position)) for number, position in after.items()}

    async def read(self, topic: str, after: Mapping[int, str], limit: int, wait: float = 0.0) -> list[Delivery]:
        """Reads up to the present watermarks; waits only if nothing lies before them."""
        return [_delivery(record) for record in await self._records(topic, after, limit, wait)]

    async def close(self) -> None:
        """Ends the clients' threads."""
        for reader in self._idle:
            await reader.close()
        self._writing.shutdown()

    async def _records(self, topic: str, after: Mapping[int, str], limit: int, wait: float) -> list[Record]:
        ends = await self.ends(topic)
        places = {number: _offset(position) for number, position in after.items()}
        reader = self._reader(topic, places)
        with _translated():
            try:
                found = await reader.read(places, {number: _offset(end) for number, end in ends.items()}, limit, wait)
            except BaseException:
                await asyncio.shield(reader.close())
                raise
        if len(self._idle) < _READERS:
            self._idle.append(reader)
        else:
            await reader.close()
        return found

    def _reader(self, topic: str, places: Mapping[int, int]) -> _Reader:
        """Takes the idle reader that stands there, or any; makes one if there is none."""
        of_topic = [reader for reader in self._idle if reader.topic == topic]
        there = next((reader for reader in of_topic if reader.stands == places), None)
        chosen = there or (of_topic[0] if of_topic else None)
        if chosen is None:
            return _Reader(topic, self._settings)
        self._idle.remove(chosen)
        return chosen

    async def _watermarks(self, topic: str) -> dict[int, str]:
        from confluent_kafka import TopicPartition
        from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

        latest: Any = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(topic, number): latest for number in range(self.partitions(topic))}
        with _translated():
            found = await _all(self._admin.list_offsets(asked, request_timeout=_ANSWER))
        return {place.partition: str(result.offset or START) for place, result in found.items()}

    async def _declared(self, topic: str) -> None:
        await self.declare(Topic(topic))

    def _write(self, topic: str, messages: Sequence[Message], mark: str) -> None:
        """On the writer's thread. Raises KafkaException; then the next attempt has a producer of its own."""
        from confluent_kafka import KafkaException, Producer

        if self._producer is None:
            self._producer = Producer(self._settings | _PRODUCER)
        failed = list[Any]()

        def told(error: Any, _: Any) -> None:
            if error is not None:
                failed.append(error)

        for message in messages:
            place = partition_of(message.key, self.partitions(topic))
            headers: Any = _envelope(message, mark)
            self._producer.produce(topic, message.payload, message.key.encode(), place, told, headers=headers)
            self._producer.poll(0)
        if self._producer.flush(2 * _ANSWER) or failed:
            self._producer = None
            raise KafkaException(*failed[:1])


class _Reader:
    """A consumer with partitions assigned by hand; one read at a time."""

    def __init__(self, topic: str, settings: Mapping[str, Any]) -> None:
        from confluent_kafka.aio import AIOConsumer

        self.topic = topic
        self.stands = dict[int, int]()  # the offset that comes next, of each assigned partition
        self._consumer: AIOConsumer = AIOConsumer(dict(settings) | _CONSUMER, max_workers=1)

    async def read(self, places: Mapping[int, int], ends: Mapping[int, int], limit: int, wait: float) -> list[Record]:
        """Returns up to `limit` records of each partition from these offsets to the ends, or the first to come."""
        await self._stand(places)
        upto = {number: min(ends[number], place + limit) for number, place in places.items()}
        missing = sum(max(0, upto[number] - place) for number, place in places.items())
        if not missing:
            return await self._come(1, wait)
        found: list[Record] = []
        while missing > 0:
            come = await self._come(missing, _ANSWER)
            if not come:
                raise BusUnavailable("Kafka has records that it did not send in time")
            # What came beyond is read again by whoever asks for it: the reader no longer stands where they do.
            found += (record for record in come if _place(record)[1] < upto[_place(record)[0]])
            missing = sum(max(0, upto[number] - self.stands[number]) for number in upto)
        return found

    async def close(self) -> None:
        """Ends its threads."""
        await self._consumer.close()

    async def _stand(self, places: Mapping[int, int]) -> None:
        from confluent_kafka import TopicPartition

        if self.stands != places:
            await self._consumer.assign([TopicPartition(self.topic, *place) for place in places.items()])
            self.stands = dict(places)

    async def _come(self, count: int, wait: float) -> list[Record]:
        """Waits for some records, `count` of them at most; none came if the list is empty."""
        from confluent_kafka import KafkaException

        clock = asyncio.get_running_loop().time
        found: list[Record] = []
        until = clock() + wait
        while not found and (left := until - clock()) > 0:
            found = await self._consumer.consume(count, min(left, _SLICE))
        for record in found:
            if (error := record.error()) is not None:
                raise KafkaException(error)
            number, offset = _place(record)
            self.stands[number] = offset + 1
        return found


@asynccontextmanager
async def open_bus(url: str) -> AsyncIterator[KafkaBus]:
    """Opens a bus on a url of Kafka; connects when it is first used, and again after every loss."""
    bus = KafkaBus(connection(url))
    try:
        yield bus
    finally:
        await bus.close()


@contextmanager
def _translated() -> Iterator[None]:
    from confluent_kafka import KafkaException

    try:
        yield
    except (KafkaException, BufferError) as error:
        raise BusUnavailable(str(error)) from error


async def _all(futures: Mapping[K, Future[V]]) -> dict[K, V]:
    results = await asyncio.gather(*(asyncio.wrap_future(future) for future in futures.values()))
    return dict(zip(futures, results, strict=True))


def _offset(position: str) -> int:
    """An offset of ours, or the beginning for what another bus gave out."""
    return int(position) if position.isdigit() else 0


def _place(record: Record) -> tuple[int, int]:
    return cast(int, record.partition()), cast(int, record.offset())


def _headers(record: Record) -> dict[str, str]:
    return {name: value.decode() for name, value in cast("Sequence[tuple[str, bytes]]", record.headers() or ())}


def _envelope(message: Message, mark: str) -> dict[str, str]:
    return {name: _text(getattr(message, name)) for name in _ENVELOPE} | {"mark": mark}


def _text(value: str | int | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _delivery(record: Record) -> Delivery:
    number, offset = _place(record)
    return Delivery(number, str(offset + 1), _message(record, number, offset))


def _message(record: Record, number: int, offset: int) -> Message:
    """A record as a message; what an envelope would tell and this one does not, its place and time stand for."""
    headers = _headers(record)
    written = datetime.fromtimestamp(record.timestamp()[1] / 1000, UTC)
    return Message(
        event_id=headers.get("event_id", f"{record.topic()}/{number}/{offset}"),
        topic=cast(str, record.topic()),
        type=headers.get("type", ""),
        key=(record.key() or b"").decode(errors="replace"),
        seq=int(headers.get("seq", offset)),
        occurred_at=_moment(headers.get("occurred_at"), written),
        knowledge_at=_moment(headers.get("knowledge_at"), written),
        traceparent=headers.get("traceparent", ""),
        user_id=headers.get("user_id", ""),
        tenant_id=headers.get("tenant_id", ""),
        schema_version=int(headers.get("schema_version", 0)),
        payload=record.value() or b"",
        ip_address=headers.get("ip_address", ""),
        user_agent=headers.get("user_agent", ""),
    )


def _moment(text: str | None, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if text else otherwise
