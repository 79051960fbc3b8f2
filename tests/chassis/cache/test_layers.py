"""Layers as the settings want them."""

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from chassis.cache import Entry, Stamp, open_layers
from chassis.settings import CacheSettings

ONE = Entry(Stamp(1, "tenant", "user"), b"body")


async def always(entry):
    return True


async def never(entry):
    return False


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def counted(registry):
    def counted(layer, result):
        labels = {"cache": "thing", "layer": layer, "result": result}
        return registry.get_sample_value("cache_requests_total", labels)

    return counted


def test_without_other_orders_the_specification_s_numbers_hold():
    settings = CacheSettings()
    assert (settings.cache, settings.cache_entries, settings.cache_seconds) == (True, 1000, 300)
    assert (settings.cache_bytes, settings.cache_shared_seconds) == (100_000_000, 300)


async def test_where_nothing_is_to_be_cached_there_are_no_layers(registry):
    async with open_layers(CacheSettings(cache=False), None, "thing", b"", registry) as layers:
        assert layers is None


async def test_without_a_redis_there_is_the_process_s_own_memory(registry, counted):
    async with open_layers(CacheSettings(), None, "thing", b"", registry) as layers:
        layers.put("a", ONE)
        assert await layers.find("a", always) == ONE
        layers.drop("a")
        assert await layers.find("a", always) is None
    assert (counted("l1", "hit"), counted("l1", "miss"), counted("l2", "miss")) == (1, 1, 0)


async def test_with_a_redis_what_one_process_put_the_next_finds_and_then_has_itself(registry, counted, redis_url):
    url = SecretStr(redis_url)
    async with open_layers(CacheSettings(), url, "thing", b"form", CollectorRegistry()) as before:
        before.put("layers:a", ONE)
    async with open_layers(CacheSettings(), url, "thing", b"form", registry) as layers:
        assert [await layers.find("layers:a", always) for _ in range(2)] == [ONE, ONE]
    assert (counted("l1", "miss"), counted("l2", "hit"), counted("l1", "hit")) == (1, 1, 1)


async def test_an_entry_that_does_not_count_is_stale_in_every_layer_that_has_it(registry, counted, redis_url):
    async with open_layers(CacheSettings(), SecretStr(redis_url), "thing", b"form", registry) as layers:
        layers.put("layers:b", ONE)
        await layers._shared.settled()
        assert await layers.find("layers:b", never) is None
    assert (counted("l1", "stale"), counted("l2", "stale")) == (1, 1)


async def test_a_redis_that_is_gone_is_counted_as_gone_from_the_second_look_on(registry, counted, tmp_path):
    url = SecretStr(f"unix://{tmp_path}/none.sock")
    async with open_layers(CacheSettings(), url, "thing", b"form", registry) as layers:
        assert [await layers.find("layers:c", always) for _ in range(3)] == [None] * 3
    assert (counted("l2", "miss"), counted("l2", "gone")) == (1, 2)
