from datetime import date

import pytest

from services.marketdata.domain.errors import UnreadableUpload
from services.marketdata.domain.layout import Layout
from tests.marketdata.builders import bars_of, closes_of, defects_of, read

HEADER = "date,symbol,open,high,low,close,adjusted_close,volume"


def rows(*lines):
    return "\n".join([HEADER, *lines]) + "\n"


def test_a_long_row_is_a_bar_with_all_of_its_fields():
    reading = read(rows("2024-01-02,AAPL,1,4,0.5,3,2.5,1000"))
    assert bars_of(reading.prices) == {("AAPL", date(2024, 1, 2)): (1, 4, 0.5, 3, 2.5, 1000)}


def test_what_a_long_row_leaves_out_is_unknown_and_the_adjusted_close_is_the_close():
    reading = read(rows("2024-01-02,AAPL,,,,3,,"))
    assert bars_of(reading.prices) == {("AAPL", date(2024, 1, 2)): (None, None, None, 3, 3, None)}


def test_a_table_with_a_symbol_column_is_long_with_its_columns_in_any_order_and_case():
    reading = read("Close,Symbol,Date\n3,BRK.B,2024-01-02\n")
    assert closes_of(reading.prices) == {("BRK.B", date(2024, 1, 2)): 3}


def test_symbols_may_come_one_after_the_other_or_mixed():
    apart = rows("2024-01-02,A,,,,1,,", "2024-01-03,A,,,,2,,", "2024-01-02,B,,,,3,,", "2024-01-03,B,,,,4,,")
    mixed = rows("2024-01-02,B,,,,3,,", "2024-01-02,A,,,,1,,", "2024-01-03,A,,,,2,,", "2024-01-03,B,,,,4,,")
    assert read(apart).defects.total == read(mixed).defects.total == 0
    assert bars_of(read(apart).prices) == bars_of(read(mixed).prices)


@pytest.mark.parametrize(
    ("row", "column", "symbol", "reason"),
    [
        ("2024-01-02,A,,,,9,,", "date", "A", "DUPLICATE"),
        ("2024-01-01,A,,,,9,,", "date", "A", "OUT_OF_ORDER"),
        ("soon,A,,,,9,,", "date", "A", "BAD_DATE"),
        (",A,,,,9,,", "date", "A", "MISSING_FIELD"),
        ("2024-06-29,A,,,,9,,", "date", "A", "FUTURE_SESSION"),
        ("2024-01-03,a,,,,9,,", "symbol", "", "BAD_SYMBOL"),
        ("2024-01-03,ABCDEFGHIJK,,,,9,,", "symbol", "", "BAD_SYMBOL"),
        ("2024-01-03,,,,,9,,", "symbol", "", "MISSING_FIELD"),
        ("2024-01-03,A,,,,,,", "close", "A", "MISSING_FIELD"),
        ("2024-01-03,A,,,,0,,", "close", "A", "NON_POSITIVE_PRICE"),
        ("2024-01-03,A,,,,9,,-1", "volume", "A", "NON_POSITIVE_PRICE"),
        ("2024-01-03,A,inf,,,9,,", "open", "A", "NOT_FINITE"),
        ("2024-01-03,A,,,,1e999,,", "close", "A", "NOT_FINITE"),
        ("2024-01-03,A,,,,1_000,,", "close", "A", "BAD_NUMBER"),
        ('2024-01-03,A,,,,"1,000",,', "close", "A", "BAD_NUMBER"),
        ("2024-01-03,A,,,,9", "", "", "RAGGED_ROW"),
    ],
)
def test_a_long_row_that_is_no_bar_is_named_by_line_and_those_around_it_are_kept(row, column, symbol, reason):
    reading = read(rows("2024-01-02,A,,,,1,,", row, "2024-01-04,A,,,,2,,"))
    assert defects_of(reading) == [(3, column, symbol, reason)]
    assert list(closes_of(reading.prices).values()) == [1, 2]


def test_a_volume_of_zero_is_a_volume():
    assert bars_of(read(rows("2024-01-02,A,,,,1,,0")).prices)["A", date(2024, 1, 2)][-1] == 0


def test_every_flaw_of_a_row_is_reported_and_the_row_is_not_kept():
    reading = read(rows("never,?,x,,,-1,,"))
    assert [(column, reason) for _, column, _, reason in defects_of(reading)] == [
        ("date", "BAD_DATE"),
        ("symbol", "BAD_SYMBOL"),
        ("open", "BAD_NUMBER"),
        ("close", "NON_POSITIVE_PRICE"),
    ]
    assert len(reading.prices) == 0


def test_a_bad_row_does_not_make_the_good_one_behind_it_a_duplicate():
    reading = read(rows("2024-01-02,A,,,,0,,", "2024-01-02,A,,,,1,,"))
    assert [reason for *_, reason in defects_of(reading)] == ["NON_POSITIVE_PRICE"]
    assert list(closes_of(reading.prices).values()) == [1]


def test_an_unknown_column_of_a_long_table_is_named_and_left_out():
    reading = read("date,symbol,close,note,close\n2024-01-02,A,1,hello,2\n")
    assert defects_of(reading) == [(1, "note", "", "UNKNOWN_COLUMN"), (1, "close", "", "DUPLICATE")]
    assert list(closes_of(reading.prices).values()) == [1]


@pytest.mark.parametrize("header", ["symbol,close", "date,symbol", "date,symbol,price"])
def test_a_long_table_without_a_column_that_every_row_needs_is_unreadable(header):
    with pytest.raises(UnreadableUpload):
        read(f"{header}\n2024-01-02,A,1\n")


def test_a_table_without_a_symbol_column_is_unreadable_as_long():
    with pytest.raises(UnreadableUpload, match="symbol"):
        read("date,A\n2024-01-02,1\n", Layout.LONG)
