"""Makes the topics that marketdata writes to, and ends: `python -m services.marketdata.topics`.

An administrator's task, for a Kafka where services may not make any: with the specification's partitions and retention,
and as many replicas of each record as there are brokers, three at most. A topic that is there is left as it is. Of the
service's settings it is told QPO_MARKETDATA_BUS_URL.
"""

from __future__ import annotations

import asyncio
import sys

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.batches import DEAD_LETTERS
from chassis.bus import BusUnavailable, Topic
from chassis.buses import open_bus
from chassis.kafka_url import KafkaUrl
from chassis.logging import configure, logger
from chassis.settings import load
from services.marketdata.adapters.alternative_bus import ALTERNATIVE_DATA
from services.marketdata.adapters.events_outbox import TOPIC
from services.marketdata.adapters.records_bus import MARKET_DATA

RECORDS = (MARKET_DATA, ALTERNATIVE_DATA)
# Dead letters and events are laid out as whoever writes them takes it that they are.
TOPICS = (*RECORDS, *(Topic(topic.name + DEAD_LETTERS) for topic in RECORDS), Topic(TOPIC))


class TopicSettings(BaseSettings):
    """Where the bus is."""

    model_config = SettingsConfigDict(env_prefix="QPO_MARKETDATA_")

    bus_url: KafkaUrl = Field(description="kafka://HOST:PORT,…, or kafkas://USER:PASSWORD@HOST:PORT,… over TLS")


def main() -> None:
    """Makes what is missing, or says why it cannot and exits with 1."""
    settings = load(TopicSettings)
    configure("marketdata", "info", "topics")
    try:
        asyncio.run(make(settings.bus_url.get_secret_value()))
    except BusUnavailable as error:
        sys.exit(f"no topic can be made, see QPO_MARKETDATA_BUS_URL: {error}")


async def make(url: str) -> None:
    """Declares every topic on the bus at `url`. Raises BusUnavailable."""
    async with open_bus(url) as bus:
        for topic in TOPICS:
            await bus.declare(topic)
            logger().info("topic_is_there", topic=topic.name, partitions=topic.partitions)


if __name__ == "__main__":
    main()
