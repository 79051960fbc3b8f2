import gzip
from datetime import date

import pytest

from services.marketdata.domain.defects import REPORTED
from services.marketdata.domain.errors import UnreadableUpload
from services.marketdata.domain.layout import Layout
from tests.marketdata.builders import bars_of, closes_of, defects_of, read


def test_a_wide_cell_is_the_close_and_the_adjusted_close_of_its_column_and_session():
    reading = read("Date,AAPL,KO\n2024-01-02,10,20.5\n2024-01-03,11,21\n")
    assert bars_of(reading.prices)["KO", date(2024, 1, 2)] == (None, None, None, 20.5, 20.5, None)
    assert (len(reading.prices), reading.lines_read, reading.defects.total) == (4, 2, 0)


def test_bars_lie_by_symbol_then_session_whatever_the_layout():
    prices = read("date,KO,AAPL\n2024-01-02,1,2\n2024-01-03,3,4\n").prices
    assert [prices.symbols[n] for n in prices.symbol] == ["KO", "KO", "AAPL", "AAPL"]
    assert list(prices.values[:, 3]) == [1, 3, 2, 4]


def test_an_empty_wide_cell_is_no_bar_and_no_defect():
    reading = read("date,AAPL,KO\n2024-01-02,,20\n2024-01-03, ,21\n")
    assert reading.cells_empty == 2
    assert reading.defects.total == 0
    assert {symbol for symbol, _ in bars_of(reading.prices)} == {"KO"}


def test_a_bad_wide_cell_spoils_nothing_but_itself():
    reading = read("date,AAPL,KO,XOM\n2024-01-02,-1,abc,30\n2024-01-03,10,nan,31\n")
    assert defects_of(reading) == [
        (2, "AAPL", "AAPL", "NON_POSITIVE_PRICE"),
        (2, "KO", "KO", "BAD_NUMBER"),
        (3, "KO", "KO", "NOT_FINITE"),
    ]
    assert closes_of(reading.prices) == {
        ("XOM", date(2024, 1, 2)): 30,
        ("AAPL", date(2024, 1, 3)): 10,
        ("XOM", date(2024, 1, 3)): 31,
    }


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("2024-01-02,9,9", "Date", "DUPLICATE"),
        ("2024-01-01,9,9", "Date", "OUT_OF_ORDER"),
        ("03/01/2024,9,9", "Date", "BAD_DATE"),
        ("2024-02-30,9,9", "Date", "BAD_DATE"),
        ("20240103,9,9", "Date", "BAD_DATE"),
        (",9,9", "Date", "MISSING_FIELD"),
        ("2024-07-01,9,9", "Date", "FUTURE_SESSION"),
        ("2024-01-03,9", "", "RAGGED_ROW"),
        ("2024-01-03,9,9,9", "", "RAGGED_ROW"),
        ('"2024-01-03,9,9', "", "RAGGED_ROW"),
    ],
)
def test_a_wide_row_that_is_none_is_named_by_line_and_those_around_it_are_kept(row, column, reason):
    reading = read(f"Date,AAPL,KO\n2024-01-02,1,2\n{row}\n2024-01-04,3,4\n")
    assert defects_of(reading) == [(3, column, "", reason)]
    assert sorted(closes_of(reading.prices).values()) == [1, 2, 3, 4]


def test_a_column_that_is_no_symbol_or_stands_twice_is_named_once_and_left_out():
    reading = read("date,AAPL,Apple Inc.,AAPL\n2024-01-02,1,2,3\n")
    assert defects_of(reading) == [(1, "Apple Inc.", "", "UNKNOWN_COLUMN"), (1, "AAPL", "AAPL", "DUPLICATE")]
    assert list(closes_of(reading.prices).values()) == [1]


def test_a_row_that_was_not_kept_puts_no_other_out_of_order():
    reading = read("date,A\n2999-01-01,1\n2024-01-02,x\n2024-01-03,2\n")
    assert [reason for *_, reason in defects_of(reading)] == ["FUTURE_SESSION", "BAD_NUMBER"]
    assert list(closes_of(reading.prices).values()) == [2]


def test_tickers_that_are_words_are_columns_of_a_wide_table():
    prices = read("date,LOW,OPEN,CLOSE\n2024-01-02,1,2,3\n").prices
    assert set(prices.symbols) == {"LOW", "OPEN", "CLOSE"}


def test_lines_are_counted_as_an_editor_counts_them():
    reading = read('\ufeffdate,A\r\n\r\n2024-01-02,1\r\n  \r\n"2024-01-03","x"\r\n'.encode())
    assert defects_of(reading) == [(5, "A", "A", "BAD_NUMBER")]
    assert reading.lines_read == 2


def test_a_gzipped_upload_is_read_as_what_it_unpacks_to():
    plain = b"date,A\n2024-01-02,1\n"
    halves = gzip.compress(plain) + gzip.compress(b"2024-01-03,2\n")
    assert closes_of(read(halves).prices) == closes_of(read(plain + b"2024-01-03,2\n").prices)


def test_all_defects_are_counted_and_the_first_thousand_named():
    rows = "".join(f"{1990 + n // 12}-{n % 12 + 1:02}-01,0,0,0,0\n" for n in range(300))
    reading = read("date,A,B,C,D\n" + rows)
    assert len(reading.defects.first) == REPORTED
    assert reading.defects.total == 1200


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"\n\n",
        b"date,A\n",
        b"day,A\n2024-01-02,1\n",
        b"date\n2024-01-02\n",
        b"date;A\n2024-01-02;1\n",
        "date,A\n2024-01-02,1\n".encode("utf-16"),
        b"\x1f\x8bnot gzip",
        gzip.compress(b"date,A\n2024-01-02,1\n")[:-9],
        gzip.compress(b"date,A\n2024-01-02,1\n") + b"tail",
    ],
)
def test_what_is_no_price_file_at_all_is_unreadable(upload):
    with pytest.raises(UnreadableUpload):
        read(upload)


def test_wide_is_read_as_wide_if_the_caller_says_so():
    reading = read("date,SYMBOL\n2024-01-02,5\n", Layout.WIDE)
    assert closes_of(reading.prices) == {("SYMBOL", date(2024, 1, 2)): 5}
