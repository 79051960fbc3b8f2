"""Ticks on Redis, the bus that all replicas of marketdata share.

Per dataset four keys, in one hash slot: `head` (epoch and version of the last batch), `seq` (per symbol), `newest`
(per symbol) and `batches`, a stream of the last batches whose ids are our own versions. One script numbers and
publishes a batch, so that replicas never give a number twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.marketdata.app.ports import Clock, Ids, PositionLost
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.ticks import Batch, FeedState, Newest, Position, Quote, StoredTick, Tick

# KEYS head, seq, newest, batches; ARGV a new epoch, batches kept, session, time in µs, then symbol and price in turn.
PUBLISH = """
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
if version == 1 then
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
end
local ticks = {}
for i = 5, #ARGV, 2 do
  local seq = redis.call('HINCRBY', KEYS[2], ARGV[i], 1)
  local tick = '["' .. ARGV[i] .. '",' .. ARGV[i + 1] .. ',' .. ARGV[3] .. ',' .. ARGV[4] .. ',' .. seq .. ']'
  redis.call('HSET', KEYS[3], ARGV[i], '[' .. version .. ',' .. tick .. ']')
  ticks[#ticks + 1] = tick
end
redis.call('XADD', KEYS[4], 'MAXLEN', ARGV[2], version .. '-0',
           'epoch', epoch, 'ticks', '[' .. table.concat(ticks, ',') .. ']')
return version
"""
# KEYS head, seq, newest, batches, stored; ARGV a new epoch, batches kept, then a batch, a line per tick: symbol, price,
# session, time in µs and number in the store. What was shown before is not shown again.
SHOW = """
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local epoch, ticks = redis.call('HGET', KEYS[1], 'epoch'), {}
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0') + 1
if version == 1 then
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
end
for symbol, price, session, time, number in string.gmatch(ARGV[3], '(%S+) (%S+) (%S+) (%S+) (%S+)') do
  local shown = tonumber(redis.call('HGET', KEYS[5], symbol) or '0')
  if tonumber(number) > shown then
    redis.call('HSET', KEYS[5], symbol, number)
    local seq = redis.call('HINCRBY', KEYS[2], symbol, tonumber(number) - shown)
    local counts = seq .. ',' .. tonumber(number) - shown - 1
    local tick = '["' .. symbol .. '",' .. price .. ',' .. session .. ',' .. time .. ',' .. counts .. ']'
    redis.call('HSET', KEYS[3], symbol, '[' .. version .. ',' .. tick .. ']')
    ticks[#ticks + 1] = tick
  end
end
if #ticks > 0 then
  redis.call('HSET', KEYS[1], 'version', version)
  redis.call('XADD', KEYS[4], 'MAXLEN', ARGV[2], version .. '-0',
             'epoch', epoch, 'ticks', '[' .. table.concat(ticks, ',') .. ']')
end
return version
"""
BLOCK = 1000  # ms that a follower waits before it looks whether the bus still counts the same
TOGETHER = 256  # batches read at once


@dataclass(frozen=True, slots=True)
class RedisTicks:
    """Publishes and keeps ticks; `keep` batches per dataset."""

    redis: Redis
    clock: Clock
    ids: Ids
    keep: int

    async def check(self) -> None:
        """Return if the bus answers. Raises FeedUnavailable."""
        with _translated():
            await self.redis.ping()

    async def publish(self, dataset_id: str, sessions: Sequence[tuple[date, Sequence[Quote]]]) -> None:
        """Number and publish each session's prices as one batch. Raises FeedUnavailable."""
        keys, epoch, now = _keys(dataset_id), self.ids.new(), _microseconds(self.clock.now())
        script = self.redis.register_script(PUBLISH)
        with _translated():
            pipeline = self.redis.pipeline(transaction=False)
            for session, quotes in sessions:
                prices = [part for quote in quotes for part in (quote.symbol, repr(quote.price))]
                given: list[str | int] = [epoch, self.keep, session.toordinal(), now, *prices]
                await script(keys=keys, args=given, client=pipeline)
            await pipeline.execute()

    async def show(self, dataset_id: str, ticks: Sequence[StoredTick]) -> None:
        """Publish stored ticks in their order, each once however often it is shown. Raises FeedUnavailable."""
        keys, epoch = [*_keys(dataset_id), _stored(dataset_id)], self.ids.new()
        script = self.redis.register_script(SHOW)
        with _translated():
            pipeline = self.redis.pipeline(transaction=False)
            # Thousands of ticks take some milliseconds to write: a thread leaves the event loop its turns.
            for batch in await asyncio.to_thread(_batches, ticks):
                await script(keys=keys, args=[epoch, self.keep, "\n".join(batch)], client=pipeline)
            await pipeline.execute()

    async def forget(self, dataset_id: str) -> None:
        """Forget the ticks of a dataset that is gone. Raises FeedUnavailable."""
        with _translated():
            await self.redis.delete(*_keys(dataset_id), _stored(dataset_id))

    async def load(self, dataset_id: str) -> FeedState:
        """Return all that is kept of a dataset, at one moment. Raises FeedUnavailable."""
        head, _, newest, batches = _keys(dataset_id)
        with _translated():
            pipeline = self.redis.pipeline(transaction=True)
            pipeline.hsetnx(head, "epoch", self.ids.new())
            pipeline.hgetall(head)
            pipeline.hgetall(newest)
            pipeline.xrange(batches)
            _, at, ticks, kept = await pipeline.execute()
        position = Position(_text(at[b"epoch"]), int(at.get(b"version", 0)))
        return FeedState(position, _newest(ticks), [_batch(*entry) for entry in kept])

    @asynccontextmanager
    async def follow(self, dataset_id: str) -> AsyncIterator[RedisFollower]:
        """Open a connection of its own that waits for batches. Raises FeedUnavailable."""
        with _translated():
            async with self.redis.client() as connection:
                yield RedisFollower(connection, dataset_id)


def open_redis(url: str) -> Redis:
    """Return a client of `redis://…` or `unix://…` that is told at once when Redis is gone: we retry ourselves."""
    return Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), socket_connect_timeout=2.0, socket_timeout=5.0)


@dataclass(slots=True)
class RedisFollower:
    """Waits for batches of one dataset."""

    redis: Redis
    dataset_id: str

    async def behind(self, position: Position) -> Sequence[Batch]:
        """Wait a moment for batches behind the position; none if none came. Raises PositionLost."""
        head, _, _, batches = _keys(self.dataset_id)
        with _translated():
            found: Any = await self.redis.xread({batches: f"{position.version}-0"}, count=TOGETHER, block=BLOCK)
            entries = found[0][1] if found else []
            if not entries:
                told: Any = await self.redis.hmget(head, "epoch", "version")
                epoch, version = told
                # Behind where it was: it was killed, and had not kept all of what it had told.
                if epoch is None or _text(epoch) != position.epoch or int(version or 0) < position.version:
                    raise PositionLost
        return [_batch(*entry) for entry in entries]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise FeedUnavailable from error


def _keys(dataset_id: str) -> list[str]:
    return [f"marketdata:{{{dataset_id}}}:{part}" for part in ("head", "seq", "newest", "batches")]


def _stored(dataset_id: str) -> str:
    return f"marketdata:{{{dataset_id}}}:stored"


def _batches(ticks: Sequence[StoredTick]) -> list[list[str]]:
    """Ticks, a line each, in batches with at most one per symbol, those of a symbol in their order."""
    batches, counts = list[list[str]](), dict[str, int]()
    for symbol, seq, at, price, session in ticks:
        count = counts.get(symbol, 0)
        counts[symbol] = count + 1
        if count == len(batches):
            batches.append([])
        batches[count].append(f"{symbol} {price!r} {session} {at // 1000} {seq}")
    return batches


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _tick(fields: Sequence[Any]) -> Tick:
    symbol, price, session, microseconds, *counts = fields
    occurred_at = datetime.fromtimestamp(microseconds / 1_000_000, UTC)
    return Tick(symbol, float(price), date.fromordinal(session), occurred_at, *counts)


def _newest(kept: Mapping[bytes, bytes]) -> dict[str, Newest]:
    read = ((_text(symbol), json.loads(value)) for symbol, value in kept.items())
    return {symbol: Newest(version, _tick(fields)) for symbol, (version, fields) in read}


def _batch(entry: bytes, fields: Mapping[bytes, bytes]) -> Batch:
    version = int(entry.partition(b"-")[0])
    ticks = tuple(_tick(tick) for tick in json.loads(fields[b"ticks"]))
    return Batch(_text(fields[b"epoch"]), version, ticks)


def _text(value: bytes) -> str:
    return value.decode()
