"""A few of many at once: bounded, ordered or not, and nothing left behind."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from services.optimizer.app.in_flight import InFlight


class Works:
    """Work that ends when it is let go."""

    def __init__(self):
        self.gates = {}
        self.begun, self.running, self.most, self.cancelled = 0, 0, 0, []

    async def __call__(self, item):
        self.begun += 1
        gate = self.gates.setdefault(item, asyncio.Event())
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise
        finally:
            self.running -= 1
        return item

    async def let_go(self, item):
        """End a work once it has begun."""
        self.gates.setdefault(item, asyncio.Event()).set()
        await asyncio.sleep(0)


@pytest.fixture
def works():
    return Works()


async def numbers(count, error=None):
    for number in range(count):
        yield number
    if error is not None:
        raise error


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def drain(outcomes, into):
    async with aclosing(outcomes):
        async for outcome in outcomes:
            into.append(outcome)


async def test_in_order_the_first_is_waited_for(works):
    told = []
    reading = asyncio.ensure_future(drain(InFlight(works, 3, ordered=True).over(numbers(3)), told))
    await works.let_go(2)
    await works.let_go(1)
    await settled()
    assert told == []
    await works.let_go(0)
    await reading
    assert told == [0, 1, 2]


async def test_as_completed_nobody_is_waited_for(works):
    told = []
    reading = asyncio.ensure_future(drain(InFlight(works, 3, ordered=False).over(numbers(3)), told))
    for item in (2, 0, 1):
        await works.let_go(item)
        await settled()
    await reading
    assert told == [2, 0, 1]


@pytest.mark.parametrize("ordered", [True, False])
async def test_no_more_are_taken_in_than_are_allowed(works, ordered):
    told = []
    reading = asyncio.ensure_future(drain(InFlight(works, 2, ordered=ordered).over(numbers(50)), told))
    await settled()
    assert works.begun == 2
    for item in range(50):
        await works.let_go(item)
    await reading
    assert (sorted(told), works.most) == (list(range(50)), 2)


@pytest.mark.parametrize("ordered", [True, False])
async def test_an_item_that_cannot_be_had_is_told_behind_those_before_it(works, ordered):
    told = []
    outcomes = InFlight(works, 3, ordered=ordered).over(numbers(2, ValueError("broken")))
    reading = asyncio.ensure_future(drain(outcomes, told))
    await settled()
    assert not reading.done()
    for item in (1, 0):
        await works.let_go(item)
    with pytest.raises(ValueError, match="broken"):
        await reading
    assert sorted(told) == [0, 1]


async def test_a_reader_who_goes_away_leaves_no_work_behind(works):
    reading = asyncio.ensure_future(drain(InFlight(works, 3, ordered=True).over(numbers(9)), []))
    await settled()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert sorted(works.cancelled) == [0, 1, 2]


async def test_a_work_that_fails_ends_all():
    async def work(item):
        if item == 1:
            raise ValueError("it failed")
        return item

    told = []
    with pytest.raises(ValueError, match="it failed"):
        await drain(InFlight(work, 1, ordered=True).over(numbers(5)), told)
    assert told == [0]
