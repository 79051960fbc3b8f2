import asyncio
import contextvars

import pytest

from chassis.cache import Coalescer

caller = contextvars.ContextVar("caller", default="nobody")


class Slow:
    """A query that shows what it was asked, and answers when it is let."""

    def __init__(self):
        self.queries, self._gates = [], asyncio.Queue()

    async def __call__(self, keys):
        gate = asyncio.get_running_loop().create_future()
        self.queries.append(sorted(keys))
        self._gates.put_nowait(gate)
        answer = await gate
        return {key: f"{key}{answer}" for key in keys if key != "unknown"}

    async def started(self):
        """The next query's gate: it answers with what is set there."""
        return await self._gates.get()


@pytest.fixture
def slow():
    return Slow()


def asked(coalescer, *keys):
    return [asyncio.create_task(coalescer.ask(key)) for key in keys]


async def test_asks_of_one_moment_become_one_query_that_names_each_key_once(slow):
    tasks = asked(Coalescer(slow), "a", "b", "a")
    (await slow.started()).set_result(1)
    assert await asyncio.gather(*tasks) == ["a1", "b1", "a1"]
    assert slow.queries == [["a", "b"]]


async def test_an_ask_never_joins_a_query_that_started_before_it(slow):
    coalescer = Coalescer(slow)
    early = asked(coalescer, "a")
    first = await slow.started()
    late = asked(coalescer, "a", "b")
    await asyncio.sleep(0)
    assert slow.queries == [["a"]]
    first.set_result(1)
    assert await early[0] == "a1"
    (await slow.started()).set_result(2)
    assert await asyncio.gather(*late) == ["a2", "b2"]
    assert slow.queries == [["a"], ["a", "b"]]


async def test_what_the_query_does_not_know_is_none(slow):
    tasks = asked(Coalescer(slow), "a", "unknown")
    (await slow.started()).set_result(1)
    assert await asyncio.gather(*tasks) == ["a1", None]


async def test_a_cancelled_asker_takes_nothing_from_the_others(slow):
    gone, stays = asked(Coalescer(slow), "a", "a")
    gate = await slow.started()
    gone.cancel()
    await asyncio.sleep(0)
    gate.set_result(1)
    assert await stays == "a1"
    assert gone.cancelled()


async def test_a_key_whose_askers_all_went_away_before_the_query_is_not_asked(slow):
    coalescer = Coalescer(slow)
    first = asked(coalescer, "a")
    gate = await slow.started()
    gone, stays = asked(coalescer, "b", "c")
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    gate.set_result(1)
    (await slow.started()).set_result(2)
    assert await asyncio.gather(*first, stays) == ["a1", "c2"]
    assert slow.queries == [["a"], ["c"]]


async def test_nobody_left_means_no_query(slow):
    coalescer = Coalescer(slow)
    first = asked(coalescer, "a")
    gate = await slow.started()
    (gone,) = asked(coalescer, "b")
    await asyncio.sleep(0)
    gone.cancel()
    gate.set_result(1)
    assert await first[0] == "a1"
    await asyncio.wait([gone])
    again = asked(coalescer, "c")
    (await slow.started()).set_result(2)
    assert await again[0] == "c2"
    assert slow.queries == [["a"], ["c"]]


async def test_a_failure_reaches_every_asker_of_its_query_and_no_other(slow):
    coalescer = Coalescer(slow)
    failed = asked(coalescer, "a", "b")
    gate = await slow.started()
    later = asked(coalescer, "a")
    await asyncio.sleep(0)
    gate.set_exception(ConnectionError("gone"))
    assert [str(error) for error in await asyncio.gather(*failed, return_exceptions=True)] == ["gone", "gone"]
    (await slow.started()).set_result(2)
    assert await later[0] == "a2"


async def test_a_query_that_takes_too_long_times_out_for_its_askers(slow):
    coalescer = Coalescer(slow, patience=0.01)
    with pytest.raises(TimeoutError):
        await coalescer.ask("a")


async def test_a_query_names_no_more_keys_than_it_may_and_those_who_waited_longest_first(slow):
    tasks = asked(Coalescer(slow, most=2), "c", "b", "a")
    (await slow.started()).set_result(1)
    (await slow.started()).set_result(2)
    assert await asyncio.gather(*tasks) == ["c1", "b1", "a2"]


async def test_a_query_works_outside_of_its_askers_context():
    seen = []

    async def query(keys):
        seen.append(caller.get())
        return dict.fromkeys(keys, 1)

    caller.set("alice")
    assert await Coalescer(query).ask("a") == 1
    assert seen == ["nobody"]


async def test_a_query_that_is_cancelled_leaves_nobody_waiting(slow):
    coalescer = Coalescer(slow)
    (task,) = asked(coalescer, "a")
    (await slow.started()).cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
