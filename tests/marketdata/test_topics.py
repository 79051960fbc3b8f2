"""The administrator's task makes the topics as the specification has them."""

import os
import subprocess
import sys
from datetime import timedelta

from chassis.bus import PARTITIONS
from services.marketdata.topics import TOPICS

WANTED = {"market-data": (12, timedelta(days=7)), "alternative-data": (6, timedelta(days=30))}


def made(kafka_url: str) -> subprocess.CompletedProcess[str]:
    told = {**os.environ, "QPO_MARKETDATA_BUS_URL": kafka_url}
    words = [sys.executable, "-m", "services.marketdata.topics"]
    return subprocess.run(words, env=told, capture_output=True, text=True, timeout=60, check=False)


def found(kafka_url: str) -> dict[str, tuple[int, timedelta]]:
    """Partitions and retention of each topic, as the broker tells them."""
    from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

    admin = AdminClient({"bootstrap.servers": kafka_url.removeprefix("kafka://")})
    there = admin.list_topics(timeout=10).topics
    asked = [ConfigResource(ResourceType.TOPIC, topic.name) for topic in TOPICS]
    kept = {resource.name: future.result() for resource, future in admin.describe_configs(asked).items()}
    return {
        name: (len(there[name].partitions), timedelta(milliseconds=int(settings["retention.ms"].value)))
        for name, settings in kept.items()
    }


def test_topics_are_made_once_as_the_specification_has_them(kafka_url: str) -> None:
    first, again = made(kafka_url), made(kafka_url)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    there = found(kafka_url)
    assert there.items() >= WANTED.items()
    assert {there[f"{name}.dead-letter"][0] for name in WANTED} == {PARTITIONS}
    assert set(there) == {topic.name for topic in TOPICS}


def test_without_a_broker_it_fails_and_says_why() -> None:
    done = made("kafka://127.0.0.1:9")
    assert done.returncode == 1
    assert "QPO_MARKETDATA_BUS_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_address_it_names_the_variable() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("QPO_")}
    words = [sys.executable, "-m", "services.marketdata.topics"]
    done = subprocess.run(words, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "QPO_MARKETDATA_BUS_URL" in done.stderr
