"""Replicas that share rows and a real Redis, in random interleavings: whatever is read is what was last written.

The rows answer with what stood there when the statement began, after a random pause: a stand-in for PostgreSQL that
gives every order of events a chance. The same is asked of the real services in tests/portfolio and tests/mesh.
"""

import asyncio
import random
import shutil
import tempfile
from pathlib import Path

import pytest

from chassis.cache.breaker import Breaker
from chassis.cache.entry import form_of
from chassis.cache.shared import Shared
from stack.process import running
from stack.redis import Redis
from tests.chassis.cache.rows import ADMIN, ALICE, BOB, Replica, Rows

OWNERS = {"a": ALICE, "b": ALICE, "c": BOB, "d": BOB}
FORM = form_of(b"contract")


class SlowRows(Rows):
    """Statements begin and end at random moments, and some after many writes."""

    def __init__(self, rng):
        super().__init__()
        self._rng = rng

    async def _read(self, kind, ids, readers):
        await pause(self._rng)
        snapshot = {id: self.rows[id] for id in ids if id in self.rows}
        await pause(self._rng)
        return snapshot


async def pause(rng):
    for _ in range(rng.choice((0, 0, 1, 3, 20))):
        await asyncio.sleep(0)


class Witness:
    """Notes what each id has been, and what a read that began at a moment may say."""

    def __init__(self, rows):
        self.rows, self.written, self.deleted = rows, {}, set()
        self.wrong, self.reads = [], 0

    def write(self, id, rng):
        if id in self.deleted:
            return
        if rng.random() < 0.02 and id in self.written:
            self.deleted.add(id)
            self.rows.delete(id)
        else:
            self.written.setdefault(id, []).append(self.rows.write(id, OWNERS[id[0]]))

    async def read(self, replica, id, who):
        before, gone = len(self.written.get(id, [])), id in self.deleted
        said = await replica.get(id, who)
        self.reads += 1
        if who not in (ADMIN, OWNERS[id[0]]):
            right = said is None
        elif said is None:
            right = id in self.deleted or before == 0
        else:
            right = not gone and said in self.written[id][max(0, before - 1) :]
        if not right:
            self.wrong.append((id, who, said))


async def caller(rng, replicas, witness, calls):
    for i in range(calls):
        id = f"{rng.choice('abcd')}{rng.randrange(4) + i // 200 * 4}"
        if rng.random() < 0.1:
            witness.write(id, rng)
        if rng.random() < 0.02:
            await rng.choice(replicas).cached.outdate(id, len(witness.written.get(id, [])))
        await witness.read(rng.choice(replicas), id, rng.choice((ALICE, BOB, ADMIN)))
        await pause(rng)


async def called(seed, shares, calls=400, callers=20, **memory):
    """Many callers on as many replicas as there are L2 clients; their witness and the replicas."""
    rng = random.Random(seed)
    rows = SlowRows(rng)
    replicas, witness = [Replica(rows, shared, **memory) for shared in shares], Witness(rows)
    rngs = [random.Random(f"{seed} {number}") for number in range(callers)]
    await asyncio.gather(*(caller(each, replicas, witness, calls) for each in rngs))
    return witness, replicas


@pytest.mark.parametrize("seed", range(5))
async def test_without_redis_no_read_is_older_than_its_question(seed):
    witness, replicas = await called(seed, [None, None])
    assert witness.wrong == []
    assert witness.reads == 8000
    assert all(replica.counted("l1", "hit") > 500 for replica in replicas)


@pytest.mark.parametrize("seed", range(3))
async def test_with_small_memories_and_a_redis_between_them_no_read_is_older_than_its_question(seed, redis_url):
    shares = [Shared.at(redis_url, form=form_of(f"run {seed}".encode()), seconds=300) for _ in range(2)]
    witness, replicas = await called(seed, shares, entries=4)
    for shared in shares:
        await shared.close()
    assert witness.wrong == []
    assert all(replica.counted("l2", "hit") > 50 for replica in replicas)


async def test_while_redis_is_killed_and_comes_back_no_read_fails_or_is_older_than_its_question():
    folder = Path(tempfile.mkdtemp(prefix="qpo-redis-"))
    server = Redis(folder / "data", folder / "socket")
    shares = [Shared.at(server.url, form=FORM, seconds=300, breaker=Breaker(0.05)) for _ in range(2)]
    try:
        with running(server, folder / "redis.log"):
            before, _ = await called(1, shares, calls=100, entries=4)
        without, gone = await called(2, shares, calls=100, entries=4)
        with running(server, folder / "redis.log"):
            await asyncio.sleep(0.06)
            after, back = await called(3, shares, calls=100, entries=4)
    finally:
        for shared in shares:
            await shared.close()
        shutil.rmtree(folder)
    assert before.wrong == without.wrong == after.wrong == []
    assert sum(replica.counted("l2", "gone") for replica in gone) > 0
    assert sum(replica.counted("l2", "hit") for replica in back) > 0
