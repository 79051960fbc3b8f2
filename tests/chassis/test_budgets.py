"""So many calls of one method by one principal in a moving window: by all replicas, or by each alone without Redis."""

import asyncio
import secrets
from contextlib import asynccontextmanager

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from qpo.ml.v1 import ml_service_pb2
from qpo.optimizer.v1 import optimizer_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.budgets import Budgets, CallLimits
from chassis.counters import Counters
from chassis.errors import TooManyCalls
from chassis.methods import Cost, Method, methods_of
from tests.fixtures.logs import captured

METHODS = {
    method.name: method
    for file, service in (
        (portfolio_service_pb2, "PortfolioService"),
        (optimizer_service_pb2, "OptimizerService"),
        (ml_service_pb2, "MlService"),
    )
    for method in methods_of(file.DESCRIPTOR.services_by_name[service])
}
READ = METHODS["GetPortfolio"]
NOON = 1_800_000_000.0 // 60 * 60  # the beginning of a minute


class Clock:
    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now


def budget(limit, clock, method: Method = READ):
    return Budgets(CallLimits(reads=limit, writes=limit, solves=limit), CollectorRegistry(), clock=clock).of(method)


def admitted(budget, who, times):
    """How many of so many calls are let in."""
    return sum(1 for _ in range(times) if not refused(budget, who))


def refused(budget, who="ann"):
    """How a call is refused, None if it is not."""
    try:
        budget.take(who)
    except TooManyCalls as error:
        return error
    return None


def test_what_a_call_costs_stands_in_its_contract():
    assert {name for name, method in METHODS.items() if method.cost is Cost.SOLVE} == {
        *("Optimize", "ReplayRun", "PutUniverse", "Solve", "Explain", "SolveFrontier", "WatchFrontier", "SolveBatch"),
        *("EstimateMoments", "RebalancePortfolio"),
    }
    assert METHODS["GetPortfolio"].cost is METHODS["WatchOptimization"].cost is Cost.READ
    assert METHODS["CreatePortfolio"].cost is METHODS["CancelOptimization"].cost is Cost.WRITE


def test_each_cost_has_its_limit_and_a_method_may_have_its_own():
    limits = CallLimits(
        "3 per minute", "2 per minute", "1 per minute", {"ListHoldings": "5 per minute", "Solve": "none"}
    )
    budgets = Budgets(limits, CollectorRegistry(), clock=Clock())
    let_in = {
        name: admitted(budgets.of(METHODS[name]), "ann", 9)
        for name in ("GetPortfolio", "CreatePortfolio", "EstimateMoments", "ListHoldings")
    }
    assert let_in == {"GetPortfolio": 3, "CreatePortfolio": 2, "EstimateMoments": 1, "ListHoldings": 5}
    assert budgets.of(METHODS["Solve"]) is None


def test_a_limit_of_a_method_that_is_not_served_is_refused_at_the_start():
    budgets = Budgets(CallLimits(methods={"GetPortfolios": "1 per minute"}), CollectorRegistry())
    with pytest.raises(ValueError, match="GetPortfolios"):
        budgets.check([READ])


def test_one_principal_s_calls_are_nothing_to_another():
    one = budget("5 per minute", Clock())
    assert (admitted(one, "ann", 20), admitted(one, "bob", 3), admitted(one, "bob", 20)) == (5, 3, 2)


def test_the_first_refusal_of_a_window_is_marked_and_every_one_is_counted():
    registry, clock = CollectorRegistry(), Clock()
    one = Budgets(CallLimits(reads="2 per minute"), registry, clock=clock).of(READ)
    admitted(one, "ann", 2)
    assert [refused(one).is_first for _ in range(3)] == [True, False, False]
    assert refused(one, "bob") is None
    assert registry.get_sample_value("calls_limited_total", {"endpoint": READ.path}) == 3
    clock.now += 120
    admitted(one, "ann", 2)
    assert refused(one).is_first


@given(
    most=st.integers(1, 40),
    steps=st.lists(st.tuples(st.floats(0.001, 90.0), st.integers(1, 60)), min_size=1, max_size=20),
)
def test_whoever_comes_again_when_they_are_told_is_let_in_and_not_a_moment_earlier(most, steps):
    clock = Clock()
    one = budget(f"{most} per minute", clock)
    for seconds, calls in steps:
        clock.now += seconds
        admitted(one, "ann", calls)
        if (refusal := refused(one)) is not None:
            assert 0 < refusal.retry_after < 120.1
            told = clock.now + refusal.retry_after
            clock.now = told - 0.01 if refusal.retry_after > 0.02 else clock.now
            assert refused(one) is not None
            clock.now = told
            assert refused(one) is None


@given(most=st.integers(1, 30), gaps=st.lists(st.floats(0.0, 40.0), min_size=1, max_size=200))
def test_no_minute_of_the_clock_holds_more_than_the_limit_and_no_other_more_than_twice(most, gaps):
    clock, times = Clock(), []
    one = budget(f"{most} per minute", clock)
    for gap in gaps:
        clock.now += gap
        times += [clock.now] * admitted(one, "ann", 3)
    for at in times:
        assert sum(1 for other in times if at // 60 == other // 60) <= most
        assert sum(1 for other in times if at - 60 < other <= at) <= 2 * most


def test_who_has_not_called_for_two_windows_is_forgotten(monkeypatch):
    monkeypatch.setattr("chassis.budgets._MANY", 100)
    clock = Clock()
    one = budget("5 per minute", clock)
    for number in range(1000):
        clock.now += 6
        one.take(f"user-{number}")
    assert len(one._tallies) <= 100


@asynccontextmanager
async def replicas(url, limit, count=2, clock=None):
    """So many processes that count together."""
    made = [
        Budgets(CallLimits(reads=limit), CollectorRegistry(), Counters(url, "tests"), clock or Clock())
        for _ in range(count)
    ]
    tasks = [asyncio.ensure_future(each.run()) for each in made]
    try:
        yield [each.of(READ) for each in made]
    finally:
        while pending := [task for task in tasks if not task.done()]:
            # As a server does it: the library of Redis may lose a cancellation.
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=2)


async def poured(budgets, who, calls):
    """Calls spread over the replicas, each when Redis has answered what was asked before; how many were let in."""
    let_in = 0
    for number in range(calls):
        one = budgets[number % len(budgets)]
        let_in += refused(one, who) is None
        await answered(one, who)
    return let_in


async def answered(one, who):
    while True:
        if not one._tallies[who].is_asked:
            return
        await asyncio.sleep(0.0001)


async def test_two_replicas_together_let_in_the_limit_and_at_most_a_tenth_more(redis_url):
    who = secrets.token_hex(8)
    async with replicas(redis_url, "400 per minute") as both:
        assert 400 <= await poured(both, who, 1000) <= 440


async def test_of_two_replicas_one_knows_what_the_other_let_in_before(redis_url):
    who, clock = secrets.token_hex(8), Clock()
    async with replicas(redis_url, "400 per minute", clock=clock) as (one, two):
        await poured([one], who, 400)
        assert await poured([two], who, 400) <= 40
        # And what it let in in the window before, of which the second half is still in sight.
        clock.now += 90
        third = await poured([two], who, 400)
        assert 180 <= third <= 240


async def test_a_replica_that_comes_later_learns_of_the_window_before(redis_url):
    who, clock = secrets.token_hex(8), Clock()
    async with replicas(redis_url, "400 per minute", clock=clock) as (one, two):
        await poured([one], who, 400)
        clock.now += 75  # a quarter of the window has passed: three quarters of those before are in sight
        assert 100 <= await poured([two], who, 400) <= 120


async def test_what_redis_forgets_is_not_forgotten_here(redis_url):
    who = secrets.token_hex(8)
    async with replicas(redis_url, "400 per minute", count=1, clock=Clock()) as one:
        let_in = await poured(one, who, 300)
        with redis.Redis.from_url(redis_url) as store:
            keys = list(store.scan_iter(f"*{who}*"))
            assert store.delete(*keys) == 1
        assert let_in + await poured(one, who, 500) == 400


async def test_another_principal_is_not_held_up_by_what_the_replicas_tell_each_other(redis_url):
    who, other = secrets.token_hex(8), secrets.token_hex(8)
    async with replicas(redis_url, "100 per minute") as both:
        await poured(both, who, 300)
        assert await poured(both, other, 90) == 90


async def test_without_redis_each_counts_by_itself_and_says_so_once():
    async with replicas("unix:///nowhere/redis.sock", "100 per minute") as (one, two):
        with captured() as logs:
            assert await poured([one], "ann", 300) == 100
            assert await poured([two], "ann", 300) == 100
    assert [line["event"] for line in logs].count("calls_counted_here") == 2


async def test_whoever_calls_seldom_costs_redis_nothing(redis_url):
    async with replicas(redis_url, "400 per minute", count=1) as (one,):
        asked = []
        one._soon = lambda *told: asked.append(told)
        await poured([one], "ann", 19)
        assert asked == []
        await poured([one], "ann", 1)
        assert len(asked) == 1
