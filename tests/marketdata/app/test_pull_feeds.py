"""Asking vendors for what is due, over stores in memory and a vendor that says what the test wants."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from services.marketdata.app.pull_feeds import AT_ONCE, LEASE, Outlets, PullFeeds
from services.marketdata.app.vendor_ports import Access, Answer, Quotes, VendorFault, Vendors
from services.marketdata.domain.actions import Action
from services.marketdata.domain.alternative.records import Document, DocumentKind
from services.marketdata.domain.errors import CurrencyMismatch, FeedUnavailable
from services.marketdata.domain.feed.allowance import Allowance, Problem, Rate
from services.marketdata.domain.feed.pulls import FeedName, Pull, Target
from services.marketdata.domain.feed.sources import Kind
from services.marketdata.domain.table import Row, Table
from tests.marketdata.builders import NOW, OWNER, dataset
from tests.marketdata.fakes import MemoryDatasets, MemoryPrices, VirtualTimer

PRICES = dataset()
RATE = Rate(per_minute=60, per_day=100)
MINUTE, MIDNIGHT = timedelta(minutes=1), datetime(2024, 6, 29, tzinfo=UTC)
QUOTES = Quotes([1, 2], [10.0, 11.0], [0.0, 5.0])


def due(number=0, kind=Kind.QUOTES, **fields):
    name = FeedName(PRICES.id, "fmp", kind)
    whole = Pull(name, OWNER, Target(f"S{number}"), "", MINUTE, {"at": "1"}, "tag", 0, f"lease-{number}")
    return replace(whole, **fields)


class Clock:
    """Goes with the timer, and may be set forward."""

    def __init__(self, timer):
        self.timer, self.time = timer, NOW
        self.begun = timer.monotonic()

    def now(self):
        return self.time + timedelta(seconds=self.timer.monotonic() - self.begun)


class MemoryFeeds:
    """What is due, and what was told of it."""

    def __init__(self, *pulls):
        self.due, self.told, self.away, self.limits = list(pulls), [], False, []

    async def claim(self, source, now, until, limit):
        if self.away:
            raise ConnectionError
        assert (source, until - now) == ("fmp", LEASE)
        self.limits.append(limit)
        found, self.due = self.due[:limit], self.due[limit:]
        return found

    async def keep(self, pull, told):
        if self.away:
            raise ConnectionError
        self.told.append((pull, told))


class MemoryAllowances:
    def __init__(self):
        self.state = Allowance()

    async def change(self, source, change):
        assert source == "fmp"
        self.state = change(self.state)
        return self.state


class FakeVendor:
    """Asks for as many permits as it is told, then answers or fails."""

    def __init__(self, said, calls=1):
        self.said, self.calls, self.asked = said, calls, []

    async def ask(self, pull, permit):
        for _ in range(self.calls):
            await permit()
        self.asked.append(pull)
        said = self.said(pull) if callable(self.said) else self.said
        if isinstance(said, Exception):
            raise said
        return await said if asyncio.iscoroutine(said) else said


class MemoryActions:
    def __init__(self):
        self.updates = []

    async def update(self, caller, dataset, actions, now):
        self.updates.append((caller, dataset.id, list(actions)))


class MemoryOutlet:
    """The buses of ticks and of the rest."""

    def __init__(self, error=None):
        self.sent, self.error = [], error

    async def send(self, *what):
        if self.error:
            raise self.error
        self.sent.append(what)


class World:
    def __init__(self, said, *pulls, calls=1):
        self.timer, self.reports = VirtualTimer(), []
        self.clock = Clock(self.timer)
        self.feeds, self.allowances = MemoryFeeds(*pulls), MemoryAllowances()
        self.vendor, self.ticks, self.rest = FakeVendor(said, calls), MemoryOutlet(), MemoryOutlet()
        self.prices, self.actions = MemoryPrices(), MemoryActions()
        datasets = MemoryDatasets(PRICES)
        datasets.instruments = self.instruments
        self.pull = PullFeeds(
            self.feeds,
            self.allowances,
            Vendors({"fmp": Access(RATE, ("KEY",), self.vendor), "fred": Access(RATE, ("KEY",))}),
            Outlets(datasets, self.prices, self.actions, self.ticks, self.rest),
            self.clock,
            self.timer,
            lambda: 0.0,
            lambda pull, problem, what: self.reports.append((pull.target.symbol, problem, what)),
        )

    async def instruments(self, dataset, symbols, after, limit):
        return []

    async def once(self, pull=None):
        await self.pull.pull(pull or due())
        return self.feeds.told[-1][1]


async def test_an_answer_is_sent_on_before_it_is_kept_how_far_the_target_is():
    world = World(Answer({"at": "2"}, QUOTES, etag="new", skew=1.5))
    told = await world.once()
    [[incoming]] = world.ticks.sent[0]
    assert (incoming.stream.symbol, incoming.stream.source, list(incoming.price)) == ("S0", "fmp", [10.0, 11.0])
    assert (told.cursor, told.etag, told.records, told.calls) == ({"at": "2"}, "new", 2, 1)
    assert (told.problem, told.at, told.due_at) == (Problem.NONE, NOW, NOW + MINUTE)
    assert world.allowances.state.skew == 1.5


async def test_what_is_not_taken_is_asked_for_again():
    world = World(Answer({"at": "2"}, QUOTES))
    world.ticks.error = FeedUnavailable()
    told = await world.once(due(failures=2))
    assert (told.cursor, told.problem, told.failures) == (None, Problem.NOT_STORED, 3)
    assert told.due_at == NOW + timedelta(seconds=2)


async def test_what_is_refused_for_good_waits_for_its_turn_and_is_reported():
    world = World(Answer({}, documents=[document()]))
    world.rest.error = CurrencyMismatch("EUR", ["S0"])
    told = await world.once()
    assert (told.problem, told.due_at) == (Problem.NOT_STORED, NOW + MINUTE)
    assert world.reports[0][:2] == ("S0", Problem.NOT_STORED)


def document():
    return Document("1", DocumentKind.ARTICLE, "paper", "title", "text", "", NOW)


async def test_documents_and_daily_bars_go_where_they_belong():
    table = Table(("date", "symbol", "close"), [Row(2, ("2024-06-27", "S0", "10")), Row(3, ("2024-06-28", "S0", "-1"))])
    split = Action("S0", date(2024, 6, 27), Decimal(2))
    world = World(Answer({}, daily=table, actions=[split], documents=[document()]))
    told = await world.once(due(kind=Kind.DAILY_BARS))
    assert told.records == 2
    [delivery] = world.prices.deliveries
    assert (delivery.caller, delivery.dataset, delivery.currency) == (OWNER, PRICES.id, "USD")
    assert [date.fromordinal(day) for day in delivery.prices.session.tolist()] == [date(2024, 6, 27)]
    assert world.actions.updates == [(OWNER, PRICES.id, [split])]
    assert world.rest.sent == [(PRICES.id, "fmp", [document()], ())]


async def test_what_there_is_more_of_is_due_at_once():
    assert (await World(Answer({}, more=True)).once()).due_at == NOW


async def test_a_wait_that_comes_with_an_answer_is_kept():
    world = World(Answer({}, wait=timedelta(seconds=90)))
    await world.once()
    assert world.allowances.state.blocked_until == NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("fault", "due_at", "blocked"),
    [
        (VendorFault(Problem.TOO_OFTEN, "", wait=timedelta(seconds=77)), timedelta(seconds=77), True),
        (VendorFault(Problem.TOO_OFTEN, ""), timedelta(minutes=1), True),
        (VendorFault(Problem.TOO_OFTEN, "", for_today=True), MIDNIGHT - NOW, True),
        (VendorFault(Problem.KEY_REFUSED, ""), timedelta(hours=1), True),
        (VendorFault(Problem.KEY_REFUSED, "", others_may=True), timedelta(hours=1), False),
        (VendorFault(Problem.UNKNOWN_TARGET, ""), MINUTE, False),
        (VendorFault(Problem.FAILING, ""), timedelta(seconds=0.5), False),
        (VendorFault(Problem.CHANGED_SCHEMA, ""), MINUTE, False),
    ],
    ids=lambda value: value.problem.name if isinstance(value, VendorFault) else str(value),
)
async def test_each_problem_has_its_wait(fault, due_at, blocked):
    world = World(fault)
    told = await world.once()
    assert (told.problem, told.due_at, told.cursor) == (fault.problem, NOW + due_at, None)
    assert (world.allowances.state.reserve(RATE, NOW + MINUTE / 2)[1] is not None) == blocked
    assert [report[1] for report in world.reports] == [fault.problem]


async def test_five_failures_in_a_row_of_any_targets_leave_the_source_in_peace():
    world = World(VendorFault(Problem.FAILING, ""))
    for number in range(5):
        world.clock.time += timedelta(seconds=2)
        await world.once(due(number))
    told = await world.once(due(9))
    assert (told.at, told.problem, told.calls) == (None, Problem.NONE, 0)
    assert told.due_at == world.allowances.state.blocked_until
    assert len(world.vendor.asked) == 5


async def test_an_answer_that_is_not_as_documented_stops_nobody_else():
    world = World(VendorFault(Problem.CHANGED_SCHEMA, ""))
    for number in range(9):
        world.clock.time += timedelta(seconds=2)
        await world.once(due(number))
    assert len(world.vendor.asked) == 9


async def test_a_call_that_may_not_be_made_now_is_put_off_and_is_no_failure():
    world = World(Answer({}, QUOTES), calls=2)
    told = await world.once()
    assert (told.at, told.calls, told.due_at) == (None, 1, NOW + timedelta(seconds=1))
    assert world.vendor.asked == []


async def test_only_so_many_are_asked_at_once_and_the_next_when_one_ends():
    open_ = asyncio.Event()

    async def wait():
        await open_.wait()
        return Answer({})

    world = World(lambda pull: wait(), *(due(number) for number in range(20)))
    running = asyncio.create_task(world.pull.run())
    await world.timer.pass_(20.0)
    assert len(world.pull.pulling) == AT_ONCE
    assert set(world.feeds.limits) == {1}
    open_.set()
    async with asyncio.timeout(5):
        while len(world.feeds.told) < 20:
            await world.timer.pass_(1.0)
    running.cancel()
    await asyncio.wait([running])


async def test_a_store_that_goes_away_in_the_midst_of_a_pull_ends_the_round():
    world = World(Answer({}), due())

    async def run():
        await world.pull.run()

    world.feeds.keep = lambda pull, told: _raise()
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(5):
            await run()
    assert world.pull.pulling == set()


async def _raise():
    raise ConnectionError


async def test_a_connector_that_stumbles_falls_over_nobody_else():
    world = World(KeyError("oh"))
    told = await world.once()
    assert (told.problem, told.due_at, world.reports[0][2]) == (
        Problem.CHANGED_SCHEMA,
        NOW + MINUTE,
        "unexpected: KeyError",
    )
    world = World(Answer({}, QUOTES))
    world.ticks.error = UnicodeEncodeError("utf-8", "x", 0, 1, "no")
    assert (await world.once()).problem is Problem.NOT_STORED


async def test_a_store_that_is_away_when_a_call_is_reserved_is_no_fault_of_the_vendor():
    world = World(Answer({}))
    world.allowances.change = lambda source, change: _raise()
    with pytest.raises(ConnectionError):
        await world.once()
    assert world.reports == []


async def test_without_a_vendor_nothing_runs():
    world = World(Answer({}))
    world.pull.vendors = Vendors({"fmp": Access(RATE, ("KEY",))})
    async with asyncio.timeout(1):
        await world.pull.run()
