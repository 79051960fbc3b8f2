"""Uploads and reads over a real PostgreSQL, as the runtime role."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from services.marketdata.app.ports import BarQuery, Delivery
from services.marketdata.domain.dataset import Caller, Close, Visibility
from services.marketdata.domain.errors import CurrencyMismatch, DatasetNotFound, NotOwner
from tests.marketdata.builders import STRANGER, bars_of, read

NOON = datetime(2024, 6, 28, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TWO = "date,symbol,open,high,low,close,adjusted_close,volume\n"


def delivery(caller, text, now=NOON, **changes):
    fields = {"dataset": "prices", "visibility": Visibility.PRIVATE, "currency": "USD"} | changes
    return Delivery(caller=caller, prices=read(text).prices, now=now, **fields)


@pytest.fixture
def store(stores, caller):
    async def store(text, now=NOON, keep=True, **changes):
        return await stores.prices.store(delivery(caller, text, now, **changes), keep=keep)

    return store


@pytest.fixture
def listed(stores, caller):
    """The bars as known at a time: {(symbol, session): values}."""

    async def listed(as_of=None, symbols=()):
        found = await stores.datasets.find(caller, "prices")
        members = await stores.datasets.members(found, symbols) if symbols else []
        bars = await stores.bars.page(BarQuery(found, members, None, None, as_of), [], 1000)
        return {(b.symbol, b.session): (b.open, b.high, b.low, b.close, b.adjusted_close, b.volume) for b in bars}

    return listed


async def test_every_bar_is_read_back_as_it_was_sent(store, listed):
    text = TWO + "2024-01-02,A,1,4,0.5,3,2.5,1000\n2024-01-02,B,,,,7,,\n2024-01-03,A,,,,0.1,0.30000000000000004,0\n"
    stored = await store(text)
    assert (stored.bars, stored.corrected, stored.unchanged, stored.instruments_created) == (3, 0, 0, 2)
    assert await listed() == bars_of(read(text).prices)


async def test_the_same_upload_again_changes_nothing(store, listed):
    text = TWO + "2024-01-02,A,1,4,0.5,3,2.5,1000\n2024-01-03,A,,,,4,,\n"
    await store(text)
    again = await store(text, NOON + HOUR)
    assert (again.bars, again.corrected, again.unchanged, again.instruments_created) == (0, 0, 2, 0)
    assert len(await listed()) == 2


async def test_a_correction_is_a_new_version_and_the_old_one_is_read_as_of_before(store, listed):
    await store("date,A\n2024-01-02,10\n2024-01-03,11\n")
    corrected = await store("date,A\n2024-01-03,12\n2024-01-04,13\n", NOON + HOUR)
    assert (corrected.bars, corrected.corrected) == (2, 1)
    assert [values[3] for values in (await listed()).values()] == [10, 12, 13]
    assert [values[3] for values in (await listed(NOON + HOUR)).values()] == [10, 12, 13]
    assert [values[3] for values in (await listed(NOON + HOUR - timedelta(microseconds=1))).values()] == [10, 11]
    assert await listed(NOON - HOUR) == {}


async def test_every_version_stays_readable_through_many_corrections(store, listed):
    for n in range(5):
        await store(f"date,A\n2024-01-02,{n + 1}\n", NOON + n * HOUR)
    read_at = [next(iter((await listed(NOON + n * HOUR)).values()))[3] for n in range(5)]
    assert read_at == [1, 2, 3, 4, 5]


async def test_versions_are_in_order_even_if_the_clock_goes_back(store, listed):
    await store("date,A\n2024-01-02,1\n")
    await store("date,A\n2024-01-02,2\n", NOON - HOUR)
    assert next(iter((await listed()).values()))[3] == 2
    assert next(iter((await listed(NOON)).values()))[3] == 1


async def test_an_unknown_field_that_becomes_known_is_a_correction(store, listed):
    await store(TWO + "2024-01-02,A,,,,3,,\n")
    assert (await store(TWO + "2024-01-02,A,,,,3,,500\n", NOON + HOUR)).corrected == 1


async def test_what_is_not_to_be_kept_tells_what_would_happen_and_leaves_nothing(store, stores, caller):
    stored = await store("date,A,B\n2024-01-02,1,2\n", keep=False)
    assert (stored.bars, stored.instruments_created) == (2, 2)
    assert await stores.datasets.find(caller, "prices") is None


async def test_two_uploads_into_one_dataset_at_once_both_count(store, listed, stores, caller):
    first = store("date,A,B\n2024-01-02,1,2\n")
    second = store("date,B,C\n2024-01-02,3,4\n")
    done = await asyncio.gather(first, second)
    assert sum(stored.instruments_created for stored in done) == 3
    assert len(await listed()) == 3
    assert (await stores.datasets.find(caller, "prices")).instruments == 3


async def test_an_upload_by_id_goes_into_that_dataset_and_an_unknown_id_makes_none(store, stores, caller):
    await store("date,A\n2024-01-02,1\n")
    found = await stores.datasets.find(caller, "prices")
    assert (await store("date,A\n2024-01-03,1\n", dataset=found.id)).bars == 1
    with pytest.raises(DatasetNotFound):
        await store("date,A\n2024-01-03,1\n", dataset=caller.user_id)


async def test_only_the_owner_writes_even_if_the_dataset_came_into_being_meanwhile(store, stores, caller):
    await store("date,A\n2024-01-02,1\n")
    colleague = Caller(STRANGER.user_id, caller.tenant_id)
    with pytest.raises(NotOwner):
        await stores.prices.store(delivery(colleague, "date,A\n2024-01-02,9\n"), keep=True)
    found = await stores.datasets.find(caller, "prices")
    with pytest.raises(DatasetNotFound):
        await stores.prices.store(delivery(STRANGER, "date,A\n2024-01-02,9\n", dataset=found.id), keep=True)


async def test_prices_in_another_currency_than_the_instruments_are_refused(store):
    await store("date,A\n2024-01-02,1\n")
    with pytest.raises(CurrencyMismatch) as raised:
        await store("date,A,B\n2024-01-03,1,1\n", currency="EUR")
    assert raised.value.symbols == ("A",)


async def test_an_instrument_knows_its_sessions_and_its_mean_volume_of_the_last_63(store, stores, caller):
    rows = "".join(f"{date(2023, 1, 1) + timedelta(days=n)},A,,,,1,,{n}\n" for n in range(100))
    await store(TWO + rows)
    found = await stores.datasets.find(caller, "prices")
    [instrument] = await stores.datasets.instruments(found, (), "", 10)
    assert (instrument.sessions, instrument.start, instrument.end) == (100, date(2023, 1, 1), date(2023, 4, 10))
    assert instrument.average_daily_volume == np.mean(range(37, 100))
    assert (found.start, found.end, found.instruments) == (instrument.start, instrument.end, 1)


async def test_an_instrument_without_volumes_has_a_mean_volume_of_zero(store, stores, caller):
    await store("date,A\n2024-01-02,1\n")
    [instrument] = await stores.datasets.instruments(await stores.datasets.find(caller, "prices"), (), "", 10)
    assert (instrument.average_daily_volume, instrument.lot_size, instrument.currency) == (0, 1, "USD")


async def test_pages_of_bars_join_to_the_whole_in_order(store, stores, caller):
    names = ["A", "B", "C", "D", "E"]
    cells = [[str(10 * n + m) if (n + m) % 3 else "" for m in range(5)] for n in range(20)]
    rows = [f"{date(2024, 1, 1) + timedelta(days=n)},{','.join(row)}" for n, row in enumerate(cells)]
    await store("\n".join(["date," + ",".join(names), *rows]) + "\n")
    found = await stores.datasets.find(caller, "prices")
    for members in ([], await stores.datasets.members(found, ["D", "B"])):
        for size in (1, 3, 7, 100):
            query, after, seen = BarQuery(found, members, None, date(2024, 1, 15), None), [], []
            while page := await stores.bars.page(query, after, size):
                seen += [(bar.session, bar.symbol) for bar in page]
                after = [page[-1].session.isoformat(), page[-1].symbol]
            expected = [
                (date(2024, 1, 1) + timedelta(days=n), names[m])
                for n in range(15)
                for m in range(5)
                if cells[n][m] and (not members or names[m] in "BD")
            ]
            assert seen == expected


async def test_closes_are_the_last_on_or_before_a_session_and_what_has_none_is_left_out(store, stores, caller):
    await store("date,B,A\n2024-01-02,1,\n2024-01-03,2,20\n2024-01-04,,21\n")
    members = await stores.datasets.members(await stores.datasets.find(caller, "prices"), [])
    at = stores.bars.closes
    assert await at(members, None, None) == [Close("A", 21, date(2024, 1, 4)), Close("B", 2, date(2024, 1, 3))]
    assert await at(members, date(2024, 1, 2), None) == [Close("B", 1, date(2024, 1, 2))]
    assert await at(members, date(2023, 1, 1), None) == []
    assert await at(members, None, NOON - HOUR) == []
    assert await at([], None, None) == []


async def test_adjusted_closes_are_each_symbols_last_ones(store, stores, caller):
    await store(TWO + "".join(f"2024-01-0{n},A,,,,{n},{10 * n},\n" for n in range(1, 6)) + "2024-01-02,B,,,,7,,\n")
    members = await stores.datasets.members(await stores.datasets.find(caller, "prices"), ["B", "A"])
    closes = await stores.bars.adjusted(members, date(2024, 1, 4), 2, None)
    got = sorted(zip(closes.symbol.tolist(), closes.session.tolist(), closes.price.tolist(), strict=True))
    day = date(2024, 1, 1).toordinal() - 1
    assert got == [(0, day + 2, 7), (1, day + 3, 30), (1, day + 4, 40)]


async def test_what_a_replay_plays_is_what_was_known_when_it_began(store, stores, caller):
    await store("date,A,B\n2024-01-02,1,2\n2024-01-04,3,4\n")
    await store("date,A,B\n2024-01-03,9,9\n2024-01-04,8,8\n", NOON + HOUR)
    members = await stores.datasets.members(await stores.datasets.find(caller, "prices"), [])
    sessions = await stores.bars.sessions(members, None, None, NOON)
    assert [date.fromordinal(day) for day in sessions.tolist()] == [date(2024, 1, 2), date(2024, 1, 4)]
    closes = await stores.bars.between(members, int(sessions[0]), int(sessions[-1]), NOON)
    assert sorted(closes.price.tolist()) == [1, 2, 3, 4]
    assert [
        len(await stores.bars.sessions(members, date(2024, 1, 3), date(2024, 1, 3), at)) for at in (NOON, NOON + HOUR)
    ] == [0, 1]


async def test_a_history_starts_with_the_first_session_that_was_known_then(store, stores, caller):
    await store("date,A\n2024-01-03,1\n")
    await store("date,A\n2024-01-02,1\n", NOON + HOUR)
    members = await stores.datasets.members(await stores.datasets.find(caller, "prices"), [])
    assert [member.start for member in members] == [date(2024, 1, 2)]
    starts = [await stores.bars.starts(members, at) for at in (NOON - HOUR, NOON, NOON + HOUR)]
    assert starts == [[None], [date(2024, 1, 3)], [date(2024, 1, 2)]]


async def test_datasets_are_found_by_name_in_the_tenant_and_by_id_if_visible(store, stores, caller):
    await store("date,A\n2024-01-02,1\n")
    found = await stores.datasets.find(caller, "prices")
    colleague = Caller(STRANGER.user_id, caller.tenant_id)
    assert await stores.datasets.find(colleague, "prices") == found == await stores.datasets.find(caller, found.id)
    assert await stores.datasets.find(STRANGER, "prices") is None
    assert await stores.datasets.find(STRANGER, found.id) is None


async def test_a_shared_dataset_is_found_by_everyone_by_id_and_listed(store, stores, caller):
    await store("date,A\n2024-01-02,1\n", visibility=Visibility.SHARED, dataset="everyones")
    found = await stores.datasets.find(caller, "everyones")
    assert found.visibility is Visibility.SHARED
    assert await stores.datasets.find(STRANGER, found.id) == found
    assert found in await stores.datasets.page(STRANGER, [], 1000)


async def test_pages_of_datasets_join_to_the_whole_by_name(store, stores, caller):
    for name in ("c", "a", "b"):
        await store("date,A\n2024-01-02,1\n", dataset=name)
    own, after = [], []
    while page := await stores.datasets.page(caller, after, 2):
        own += [row.name for row in page if row.tenant_id == caller.tenant_id]
        after = [page[-1].name, page[-1].id]
    assert own == ["a", "b", "c"]


async def test_a_symbol_that_another_instrument_bore_before_reads_the_one_that_bears_it_now(
    store, stores, caller, pool
):
    await store("date,OLD\n2024-01-02,1\n")
    dataset = await stores.datasets.find(caller, "prices")
    await pool.execute("UPDATE listings SET valid_to = '2024-01-02' WHERE dataset_id = $1", dataset.id)
    await pool.execute(
        "INSERT INTO listings (instrument_id, tenant_id, dataset_id, symbol, valid_from) "
        "SELECT instrument_id, tenant_id, dataset_id, 'NEW', '2024-01-03' FROM listings WHERE dataset_id = $1",
        dataset.id,
    )
    assert [m.symbol for m in await stores.datasets.members(dataset, [])] == ["NEW"]
    created = await store("date,OLD\n2024-01-03,5\n", NOON + HOUR)
    assert created.instruments_created == 1


async def test_a_big_upload_is_stored_in_seconds_and_its_returns_read_in_well_under_one(store, stores, caller):
    sessions, names = 2000, [f"S{n}" for n in range(20)]
    table = np.random.default_rng(5).uniform(1, 100, (sessions, 20))
    first = date(2010, 1, 1)
    rows = [f"{first + timedelta(days=n)}," + ",".join(map(repr, table[n].tolist())) for n in range(sessions)]
    loop = asyncio.get_running_loop()
    started = loop.time()
    stored = await store("\n".join(["date," + ",".join(names), *rows]))
    stored_at = loop.time()
    assert stored.bars == sessions * 20
    members = await stores.datasets.members(await stores.datasets.find(caller, "prices"), names)
    before = loop.time()
    closes = await stores.bars.adjusted(members, None, 757, None)
    assert len(closes.price) == 757 * 20
    assert stored_at - started < 20
    assert loop.time() - before < 1


async def test_the_runtime_role_can_neither_make_nor_drop_a_table(pool):
    import asyncpg

    for ddl in ("CREATE TABLE mine (x int)", "DROP TABLE bars", "ALTER TABLE bars ADD x int"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(ddl)


async def test_an_upload_that_fails_midway_leaves_nothing(store, stores, caller):
    class Broken:
        def new(self):
            raise RuntimeError("no more names")

    broken = replace(stores.prices, ids=Broken())
    with pytest.raises(RuntimeError):
        await broken.store(delivery(caller, "date,A\n2024-01-02,1\n"), keep=True)
    assert await stores.datasets.find(caller, "prices") is None
