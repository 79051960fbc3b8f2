import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.adapters.parquet_pyarrow import PyarrowParquet
from services.marketdata.domain.errors import UnreadableUpload, UploadTooLarge
from services.marketdata.domain.layout import Layout, read_table
from tests.marketdata.builders import LIMIT, TODAY, bars_of, closes_of, day, defects_of, read

NIGHT = datetime(2024, 1, 2, tzinfo=UTC)


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def read_parquet(data, limit=LIMIT):
    return read_table(PyarrowParquet().table(data, limit), Layout.UNSPECIFIED, TODAY)


@pytest.mark.parametrize(
    "dates",
    [
        ["2024-01-02", "2024-01-03"],
        [date(2024, 1, 2), date(2024, 1, 3)],
        pa.array([NIGHT, NIGHT + timedelta(days=1)], pa.timestamp("ns", "UTC")),
        pa.array([date(2024, 1, 2), date(2024, 1, 3)]).dictionary_encode(),
    ],
)
def test_dates_may_be_texts_days_or_midnights(dates):
    assert closes_of(read_parquet(parquet(date=dates, A=[1.0, 2.0])).prices) == {
        ("A", date(2024, 1, 2)): 1,
        ("A", date(2024, 1, 3)): 2,
    }


def test_the_index_that_pandas_writes_is_the_date_if_there_is_no_other():
    named = {"A": [1.0], "__index_level_0__": [date(2024, 1, 2)]}
    assert closes_of(read_parquet(parquet(**named)).prices) == {("A", date(2024, 1, 2)): 1}
    both = read_parquet(parquet(date=[date(2024, 1, 3)], A=[1.0], __index_level_0__=[7]))
    assert closes_of(both.prices) == {("A", date(2024, 1, 3)): 1}
    assert defects_of(both) == [(1, "__index_level_0__", "", "UNKNOWN_COLUMN")]


def test_numbers_may_be_of_any_type_and_null_is_an_empty_cell():
    reading = read_parquet(
        parquet(
            date=["2024-01-02"], A=[1], B=pa.array([2.5], pa.float32()), C=[Decimal("3.25")], D=["4"], E=pa.nulls(1)
        )
    )
    assert closes_of(reading.prices) == {
        (s, date(2024, 1, 2)): p for s, p in zip("ABCD", (1, 2.5, 3.25, 4), strict=True)
    }
    assert reading.cells_empty == 1


def test_bad_cells_are_named_by_row_plus_two():
    reading = read_parquet(parquet(date=["2024-01-02", "2024-01-03"], A=[float("nan"), -1.0], B=[True, False]))
    assert defects_of(reading) == [
        (2, "A", "A", "NOT_FINITE"),
        (2, "B", "B", "BAD_NUMBER"),
        (3, "A", "A", "NON_POSITIVE_PRICE"),
        (3, "B", "B", "BAD_NUMBER"),
    ]


def test_a_time_of_day_is_no_session():
    reading = read_parquet(parquet(date=[NIGHT + timedelta(hours=9)], A=[1.0]))
    assert [reason for *_, reason in defects_of(reading)] == ["BAD_DATE"]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"date,A\n2024-01-02,1\n", parquet(date=["2024-01-02"], A=[1.0])[:-8]])
def test_what_is_no_parquet_file_is_unreadable(data):
    with pytest.raises(UnreadableUpload):
        read_parquet(data)


def test_a_file_that_is_damaged_inside_is_unreadable():
    data = bytearray(parquet(date=[str(day(n)) for n in range(100)], A=[float(n + 1) for n in range(100)]))
    data[10:60] = bytes(50)
    with pytest.raises(UnreadableUpload):
        read_parquet(bytes(data))


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked():
    with pytest.raises(UploadTooLarge):
        read_parquet(parquet(date=["2024-01-02"] * 10_000, A=[1.0] * 10_000), limit=100)


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.floats(0.01, 1e6)) for _ in "AB"]), min_size=1, max_size=20))
def test_csv_and_parquet_wide_and_long_of_the_same_closes_are_the_same_bars(table):
    days = [day(n) for n in range(len(table))]
    flat = [
        (d, s, p) for d, row in zip(days, table, strict=True) for s, p in zip("AB", row, strict=True) if p is not None
    ]
    wide_csv = "date,A,B\n" + "".join(
        f"{d},{'' if a is None else repr(a)},{'' if b is None else repr(b)}\n"
        for d, (a, b) in zip(days, table, strict=True)
    )
    wide = parquet(
        date=days, A=pa.array([a for a, _ in table], pa.float64()), B=pa.array([b for _, b in table], pa.float64())
    )
    expected = bars_of(read(wide_csv).prices)
    assert bars_of(read_parquet(wide).prices) == expected
    if flat:
        long_csv = "date,symbol,close\n" + "".join(f"{d},{s},{p!r}\n" for d, s, p in flat)
        long = parquet(date=[d for d, _, _ in flat], symbol=[s for _, s, _ in flat], close=[p for *_, p in flat])
        assert bars_of(read(long_csv).prices) == bars_of(read_parquet(long).prices) == expected
