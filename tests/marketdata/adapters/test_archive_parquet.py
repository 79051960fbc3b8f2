"""A day of bars as Parquet: nothing is lost, others can read it, and a range is read of what is needed alone."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.marketdata.adapters import archived_bars
from services.marketdata.adapters.archive_parquet import (
    GROUP,
    PRICES,
    NotAnArchive,
    ParquetArchive,
    groups_of,
    length_of,
    opened,
    versions_of,
)
from services.marketdata.adapters.archived_bars import ArchivedBars, Asked, BarColumns
from services.marketdata.adapters.objects_obstore import open_objects
from services.marketdata.app.archive import STILL, ArchiveUnavailable, BarDay, BarVersions
from services.marketdata.domain.feed.records import DAY, SECOND

FORM = ParquetArchive()
DAY_ONE = BarDay(date(2026, 11, 27), 60, "01987f6c-0000-7000-8000-0000000000aa")
MINUTE = 60 * SECOND
ODD = [0.0, -0.0, 5e-324, 1.7976931348623157e308, np.inf, -np.inf, np.nan, 0.1]


def versions(day, symbols, rows, seed=1, share=0.1):
    """Each symbol has so many bars from the day's start; a share of them was corrected once, half an hour later."""
    chance = np.random.default_rng(seed)
    symbol = np.repeat(np.arange(len(symbols)), rows)
    start = day.start + np.concatenate([np.arange(each) for each in rows]).astype(np.int64) * MINUTE
    known = (start + MINUTE) // 1000 + chance.integers(0, 10**6, len(start))
    corrected = chance.random(len(start)) < share
    later = known[corrected] + 1_800_000_000
    ended = np.full(len(start), STILL)
    ended[corrected] = later
    symbol, start = np.r_[symbol, symbol[corrected]], np.r_[start, start[corrected]]
    n = len(start)
    prices = {
        name: np.where(chance.random(n) < 0.02, chance.choice(ODD, n), chance.normal(100, 1, n)) for name in PRICES
    }
    return BarVersions(
        symbols=tuple(symbols),
        symbol=symbol,
        start=start,
        **prices,
        ticks=chance.integers(0, 2**62, n),
        first_at=start + chance.integers(0, MINUTE, n),
        last_at=start + chance.integers(0, MINUTE, n),
        knowledge_time=np.r_[known, later],
        superseded_at=np.r_[ended, np.full(len(later), STILL)],
    )


def written(day, *pieces):
    writer = FORM.writer(day)
    for piece in pieces:
        writer.add(piece)
    return writer.finish()


def ordered(bars):
    return bars.at(np.lexsort((bars.knowledge_time, bars.start, bars.symbol)))


def same(one, other):
    """Bit by bit, in the same order, of the same names."""
    return bits(one) == bits(other)


def bits(bars):
    names = [bars.symbols[at] for at in bars.symbol]
    columns = [getattr(bars, name) for name in type(bars).__slots__ if name not in ("symbols", "symbol")]
    return names, [np.ascontiguousarray(column).view(np.int64).tolist() for column in columns]


NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10), min_size=1, max_size=12, unique=True
).map(sorted)


@given(NAMES, st.data())
@settings(deadline=None, max_examples=60)
def test_what_is_written_is_read_back_bit_by_bit(symbols, data):
    rows = data.draw(st.lists(st.integers(1, GROUP + 10), min_size=len(symbols), max_size=len(symbols)))
    bars = versions(DAY_ONE, symbols, rows, data.draw(st.integers(0, 2**32)), data.draw(st.sampled_from([0, 0.1, 1])))
    shuffled = bars.at(np.random.default_rng(1).permutation(len(bars)))
    assert same(versions_of(written(DAY_ONE, shuffled)), ordered(bars))


def test_a_day_may_come_in_pieces():
    first, second = versions(DAY_ONE, ["A", "B"], [400, 400]), versions(DAY_ONE, ["C"], [1440], seed=2)
    back = versions_of(written(DAY_ONE, first, second))
    assert back.symbols == ("A", "B", "C")
    assert same(back.at(back.symbol < 2), ordered(first))
    assert same(back.at(back.symbol == 2), ordered(second))


def test_names_are_partitions_and_an_object_says_what_it_is():
    assert FORM.name(DAY_ONE) == f"bars/width=60/dataset={DAY_ONE.dataset_id}/year=2026/month=11/day=27.parquet"
    file = pa.parquet.ParquetFile(pa.BufferReader(written(DAY_ONE, versions(DAY_ONE, ["A"], [3]))))
    assert file.metadata.metadata == {
        b"qpo.dataset_id": DAY_ONE.dataset_id.encode(),
        b"qpo.width": b"60",
        b"qpo.day": b"2026-11-27",
        b"qpo.format": b"1",
    }
    types = {field.name: str(field.type) for field in file.schema_arrow}
    nanoseconds = dict.fromkeys(("start", "first_at", "last_at"), "timestamp[ns, tz=UTC]")
    microseconds = dict.fromkeys(("knowledge_time", "superseded_at"), "timestamp[us, tz=UTC]")
    assert types == {
        "symbol": "string",
        "ticks": "int64",
        **dict.fromkeys(PRICES, "double"),
        **nanoseconds,
        **microseconds,
    }


def test_numbers_that_repeat_are_numbered_and_others_compressed_and_both_are_read_back():
    bars = versions(DAY_ONE, ["A", "B"], [1440, 1440])
    chance = np.random.default_rng(1)
    cents = replace(bars, **{name: chance.integers(100, 200, len(bars)) / 100 for name in ("open", "close")})
    data = written(DAY_ONE, cents)
    group = pa.parquet.ParquetFile(pa.BufferReader(data)).metadata.row_group(0)
    columns = {group.column(at).path_in_schema: group.column(at) for at in range(group.num_columns)}
    assert {name for name in PRICES if columns[name].compression == "ZSTD"} == {"high", "low", "volume"}
    assert {name for name in columns if columns[name].has_dictionary_page} == {"symbol", "open", "close"}
    assert same(versions_of(data), ordered(cents))


def test_a_symbols_bars_lie_in_few_groups_and_are_found_without_reading_the_others():
    symbols = [f"S{number:03}" for number in range(40)]
    data = written(DAY_ONE, versions(DAY_ONE, symbols, [390] * 40))
    metadata = opened(memoryview(data)[-length_of(memoryview(data)) :]).metadata
    found = [groups_of(metadata, [symbol], DAY_ONE.start, DAY_ONE.end) for symbol in symbols]
    assert all(len(groups) == 1 for groups in found)
    assert len({groups[0] for groups in found}) == metadata.num_row_groups >= 12
    assert groups_of(metadata, ["S", "S002x", "T"], DAY_ONE.start, DAY_ONE.end) == []
    assert groups_of(metadata, [], DAY_ONE.start, DAY_ONE.end) == list(range(metadata.num_row_groups))
    assert groups_of(metadata, [], DAY_ONE.end, DAY_ONE.end + DAY) == []


def test_what_is_no_object_of_the_archive_is_told_so():
    data = written(DAY_ONE, versions(DAY_ONE, ["A"], [300]))
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    for wrong in (b"", b"PAR1", data[:-1], data[:100] + data[-100:], bytes(flipped)):
        with pytest.raises(NotAnArchive):
            versions_of(wrong)


async def test_duckdb_reads_the_partitions_and_adds_up_what_numpy_does(tmp_path):
    objects = open_objects(f"file://{tmp_path}")
    days = [BarDay(DAY_ONE.day + timedelta(n), width, DAY_ONE.dataset_id) for n in range(5) for width in (60, 300)]
    whole = {day: versions(day, ["A", "B"], [200, 390], seed=at) for at, day in enumerate(days)}
    for bars in whole.values():
        bars.volume[~(np.abs(bars.volume) < 1000)] = 1.0
    for day, bars in whole.items():
        await objects.put(FORM.name(day), written(day, bars))
    found = duckdb.execute(
        "SELECT dataset, count(*), sum(volume), min(start), max(knowledge_time), count(superseded_at)"
        " FROM read_parquet($files, hive_partitioning = true)"
        " WHERE width = 60 AND year = 2026 AND month >= 11 AND symbol = 'B' GROUP BY dataset",
        {"files": f"{tmp_path}/bars/**/*.parquet"},
    ).fetchall()
    mine = [bars.at(bars.symbol == 1) for day, bars in whole.items() if day.width == 60]
    [(dataset, count, volume, first, known, superseded)] = found
    assert (str(dataset), count) == (DAY_ONE.dataset_id, sum(len(bars) for bars in mine))
    assert volume == pytest.approx(sum(bars.volume.sum() for bars in mine), rel=1e-12)
    assert first == datetime(2026, 11, 27, tzinfo=UTC)
    assert int(known.timestamp() * 1_000_000) == max(bars.knowledge_time.max() for bars in mine)
    assert superseded == sum((bars.superseded_at < STILL).sum() for bars in mine)


class Shelf:
    """Some days' objects in memory, and their catalogue; `read` adds up what was asked for."""

    def __init__(self, days):
        self.days, self.objects, self.read, self.asked = days, open_objects("memory:///"), 0, []
        self.sizes = {}

    async def filled(self):
        for day, bars in self.days.items():
            await self.put(day, written(day, bars))
        return self

    async def put(self, day, data):
        await self.objects.put(FORM.name(day), data)
        self.sizes.setdefault(day, len(data))

    async def objects_of(self, first, last):
        return [(FORM.name(day), size) for day, size in sorted(self.sizes.items()) if first <= day.day <= last]

    def bars(self):
        shelf = self

        class Catalogue:
            async def objects(self, dataset_id, width, first, last):
                assert (dataset_id, width) == (DAY_ONE.dataset_id, 60)
                return await shelf.objects_of(first, last)

        class Store:
            async def parts(self, wanted):
                found = await shelf.objects.parts(wanted)
                shelf.read, shelf.asked = shelf.read + sum(map(len, found)), [*shelf.asked, *wanted]
                return found

            async def get(self, name):
                return await shelf.objects.get(name)

        return ArchivedBars(Catalogue(), Store())

    def expected(self, asked):
        """The same by plain numpy, from what was put there."""
        parts = []
        for bars in self.days.values():
            names = np.array(bars.symbols)[bars.symbol]
            keep = (bars.start >= asked.start) & (bars.start < asked.end)
            keep &= (bars.knowledge_time <= asked.known_at) & (bars.superseded_at > asked.known_at)
            keep &= np.isin(names, asked.symbols) if asked.symbols else True
            some = bars.at(keep)
            columns = {name: getattr(some, name) for name in BarColumns.__slots__}
            parts.append(BarColumns(**columns))
        whole = BarColumns.joined(*parts)
        return whole.at(np.lexsort((whole.start, whole.symbol)))


@pytest.fixture(scope="module")
def shelf():
    symbols = [f"S{number:02}" for number in range(12)]
    days = {}
    for n in range(20):
        day = BarDay(DAY_ONE.day + timedelta(n), 60, DAY_ONE.dataset_id)
        days[day] = versions(day, symbols[: 4 + n % 9], [100 + 50 * at for at in range(4 + n % 9)], seed=n)
    return asyncio.run(Shelf(days).filled())


@pytest.mark.parametrize("whole", [archived_bars.WHOLE, 0])
@pytest.mark.parametrize("seed", range(6))
async def test_a_range_is_what_all_versions_say_of_that_time(shelf, whole, seed, monkeypatch):
    monkeypatch.setattr(archived_bars, "WHOLE", whole)
    monkeypatch.setattr(archived_bars, "TAIL", 2000 if seed % 2 else archived_bars.TAIL)
    chance = np.random.default_rng(seed)
    start, end = (DAY_ONE.start + chance.integers([-DAY, 8 * DAY], [8 * DAY, 22 * DAY])).tolist()
    symbols = sorted(chance.choice(["S00", "S03", "S07", "S11", "S99"], seed % 3, replace=False).tolist())
    as_of = None if seed % 2 else datetime(2026, 12, 5, 0, 30, tzinfo=UTC)
    asked = Asked(DAY_ONE.dataset_id, symbols, 60, start, end, as_of)
    found = await shelf.bars().range_of(asked)
    assert same(found, shelf.expected(asked))
    assert len(found) > 100 or symbols == ["S99"]
    assert found.symbols == tuple(sorted({found.symbols[each] for each in found.symbol}))


async def test_of_long_objects_only_what_may_be_asked_for_is_read(shelf, monkeypatch):
    whole = sum(shelf.sizes.values())
    asked = Asked(DAY_ONE.dataset_id, ["S03"], 60, DAY_ONE.start, DAY_ONE.start + 20 * DAY)
    monkeypatch.setattr(archived_bars, "WHOLE", 0)
    monkeypatch.setattr(archived_bars, "TAIL", 8000)
    shelf.read, shelf.asked = 0, []
    assert len(await shelf.bars().range_of(asked)) == 20 * 250
    assert (len(shelf.asked), shelf.read < whole / 2) == (40, True)


async def test_parts_come_by_day_and_few_objects_are_held_at_once(shelf, monkeypatch):
    monkeypatch.setattr(archived_bars, "TOGETHER", 3)
    asked = Asked(DAY_ONE.dataset_id, [], 60, DAY_ONE.start, DAY_ONE.start + 20 * DAY)
    shelf.asked, ends = [], []
    async for part in shelf.bars().parts(asked):
        ends.append((int(part.start.min()) - DAY_ONE.start) // DAY)
        assert len(shelf.asked) <= 3 * (len(ends) + 1)
    assert ends == list(range(0, 20, 3))


async def test_an_object_that_was_written_anew_meanwhile_is_read_whole(shelf):
    day = next(iter(shelf.days))
    longer = versions(day, ["S00", "S01"], [700, 700], seed=99)
    other = await Shelf({day: versions(day, ["S00"], [10], seed=98)}).filled()
    await other.put(day, written(day, longer))
    found = await other.bars().range_of(Asked(DAY_ONE.dataset_id, ["S01"], 60, day.start, day.end))
    assert len(found) == 700


async def test_a_damaged_object_is_told_of_by_name():
    shelf = await Shelf({DAY_ONE: versions(DAY_ONE, ["A"], [300])}).filled()
    await shelf.put(DAY_ONE, b"something else")
    with pytest.raises(ArchiveUnavailable, match=r"one of these objects is damaged: bars/width=60/.*day=27\.parquet"):
        await shelf.bars().range_of(Asked(DAY_ONE.dataset_id, [], 60, DAY_ONE.start, DAY_ONE.end))


async def test_what_the_store_says_is_told_as_it_is(shelf):
    class Away:
        async def parts(self, wanted):
            raise ArchiveUnavailable("nobody is there")

    asked = Asked(DAY_ONE.dataset_id, [], 60, DAY_ONE.start, DAY_ONE.start + 3 * DAY)
    with pytest.raises(ArchiveUnavailable, match="nobody is there"):
        await replace(shelf.bars(), store=Away()).range_of(asked)


def test_of_a_bar_that_two_have_the_first_ones_stands():
    def bars(symbols, symbol, start, close):
        numbers = [np.array(start, np.int64), *[np.array(close, float)] * 5]
        return BarColumns(symbols, np.array(symbol), *numbers, *[np.ones(len(start), np.int64)] * 2)

    stored = bars(("A", "C"), [0, 0, 1], [3, 1, 1], [30.0, 10.0, 70.0])
    archived = bars(("A", "B"), [0, 0, 1], [1, 2, 9], [11.0, 20.0, 90.0])
    both = BarColumns.joined(stored, archived)
    rows = [
        (both.symbols[at], start, close) for at, start, close in zip(both.symbol, both.start, both.close, strict=True)
    ]
    assert rows == [("A", 1, 10.0), ("A", 2, 20.0), ("A", 3, 30.0), ("B", 9, 90.0), ("C", 1, 70.0)]
