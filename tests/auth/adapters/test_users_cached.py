"""Accounts through the caches of two replicas: what Redis may know, and how soon a change shows."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from chassis.cache import Layers
from chassis.cache.entry import form_of
from chassis.cache.memory import Memory
from chassis.cache.shared import Shared
from chassis.ids import Uuid7Ids
from services.auth.adapters.users_cached import FORM, CachedUsers
from services.auth.domain.errors import UserNotFound
from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


class Replica:
    """What one process has of its own."""

    def __init__(self, pool, emails, trail, redis_url):
        self.registry = CollectorRegistry()
        self.shared = Shared.at(redis_url, form=form_of(FORM), seconds=86_400)
        layers = Layers("user", Memory(), self.shared, self.registry)
        self.users = CachedUsers(pool, emails, trail, layers, lambda: None)

    def hits(self, layer):
        labels = {"cache": "user", "layer": layer, "result": "hit"}
        return self.registry.get_sample_value("cache_requests_total", labels)


@pytest_asyncio.fixture
async def pair(empty_pool, emails, trail, redis_url):
    both = Replica(empty_pool, emails, trail, redis_url), Replica(empty_pool, emails, trail, redis_url)
    yield both
    for each in both:
        await each.shared.close()


@pytest_asyncio.fixture
async def ann(pair):
    """An account that both replicas have read, from their own memory and from Redis."""
    user = newcomer(Uuid7Ids().new(), "ann@example.com", Role.USER, NOW)
    await pair[0].users.add(user, "a hash")
    for each in pair:
        assert await each.users.get(user.id) == user
        await each.shared.settled()
        assert await each.users.get(user.id) == user
    assert (pair[0].hits("l1"), pair[1].hits("l2")) == (1, 1)
    return user


async def test_redis_learns_neither_an_address_nor_a_password(pair, ann, redis_url):
    async with Redis.from_url(redis_url) as redis:
        value = await redis.get(f"user:session:{ann.id}")
        assert 86_000 < await redis.ttl(f"user:session:{ann.id}") <= 86_400
    assert b"ann@" not in value
    assert b"example" not in value
    assert b"hash" not in value


async def test_a_role_given_at_one_replica_shows_at_once_in_both(pair, ann):
    changed = await pair[0].users.give_role(ann.id, Role.ADVISOR, NOW)
    assert changed.roles != ann.roles
    assert [await each.users.get(ann.id) for each in pair] == [changed, changed]


async def test_an_account_deleted_at_one_replica_is_gone_at_once_in_both(pair, ann):
    await pair[0].users.remove(ann.id, NOW)
    for each in pair:
        with pytest.raises(UserNotFound):
            await each.users.get(ann.id)
