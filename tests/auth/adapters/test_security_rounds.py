"""What goes wrong with a guess takes nobody's login away: the rounds go on."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from services.auth.adapters import security_rounds
from services.auth.adapters.security_rounds import SecurityRounds
from services.auth.domain.errors import TooFewMinutes
from tests.auth.fakes import SetClock


class Work:
    """Raises what it is given, one after the other, and then only counts."""

    def __init__(self, *errors):
        self.errors, self.count, self.done = list(errors), 0, asyncio.Event()

    async def __call__(self):
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        self.done.set()
        return 0


class Nothing:
    """A store in which there is nothing."""

    async def make_room(self, now):
        pass

    async def list(self, limit):
        return []


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(security_rounds, "_PAUSE", 0.001)
    monkeypatch.setattr(security_rounds, "_HOUR", 0.001)


@asynccontextmanager
async def running(job):
    task = asyncio.create_task(job)
    yield
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


async def test_a_round_that_fails_is_not_the_last(at_once):
    watch, blocks = Work(LookupError("a key is gone"), ConnectionError()), Work(ValueError())
    rounds = SecurityRounds(watch, blocks, Work(), (Nothing(), Nothing()), SetClock())
    async with running(rounds.watch()), asyncio.timeout(10):
        await watch.done.wait()
        await blocks.done.wait()
    assert watch.count >= 3


async def test_a_training_that_fails_is_tried_again(at_once):
    train = Work(TooFewMinutes(1, 500), OSError("no memory"), RuntimeError())
    rounds = SecurityRounds(Work(), Work(), train, (Nothing(), Nothing()), SetClock())
    async with running(rounds.train()), asyncio.timeout(10):
        await train.done.wait()
    assert train.count >= 4
