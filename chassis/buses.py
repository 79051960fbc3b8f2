"""Opens whichever bus an installation has, by its url."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from chassis import bus_kafka, bus_redis
from chassis.bus import Bus
from chassis.kafka_url import is_kafka


def open_bus(url: str) -> AbstractAsyncContextManager[Bus]:
    """Opens a url of Kafka, or Redis Streams on `redis://…` or `unix://…`."""
    return bus_kafka.open_bus(url) if is_kafka(url) else bus_redis.open_bus(url)
