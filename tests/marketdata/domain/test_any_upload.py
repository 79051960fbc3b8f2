"""Any mixture of good and bad rows keeps exactly the good ones."""

from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.cells import SYMBOL
from tests.marketdata.builders import closes_of, day, read

PRICE = st.floats(1e-6, 1e9, allow_nan=False).map(lambda number: round(number, 6)).filter(lambda number: number > 0)
BAD_PRICE = st.sampled_from(["0", "-3.5", "nan", "inf", "-inf", "1e400", "1_0", "0x1F", "1,5", "--", "€5", "None"])
GOOD_CELL, EMPTY = PRICE.map(repr), st.just("")
ODD_ROW = st.sampled_from(["x", ",,,,,,", "2024-13-01,1,1,1", '"', "2999-01-01,1,1,1", "1.1.2024,1,1,1", "ünïcode ☃"])


@st.composite
def wide_uploads(draw):
    """A wide CSV of three symbols, the closes that are good in it, and how many cells and rows are not."""
    lines, good, bad = ["date,A,B,C"], {}, 0
    for number in range(draw(st.integers(1, 12))):
        if draw(st.booleans()):
            lines.append(draw(ODD_ROW))
            bad += 1
        cells = [draw(st.one_of(GOOD_CELL, EMPTY, BAD_PRICE.filter(lambda cell: "," not in cell))) for _ in "ABC"]
        lines.append(",".join([day(number).isoformat(), *cells]))
        for symbol, cell in zip("ABC", cells, strict=True):
            if cell and not is_bad(cell):
                good[symbol, day(number)] = float(cell)
            bad += bool(cell) and is_bad(cell)
    return "\n".join(lines), good, bad


def is_bad(cell):
    return cell in {"0", "-3.5", "nan", "inf", "-inf", "1e400", "1_0", "0x1F", "1,5", "--", "€5", "None"}


@given(wide_uploads())
def test_any_wide_upload_keeps_exactly_its_good_cells_and_counts_the_others(upload):
    text, good, bad = upload
    reading = read(text)
    assert closes_of(reading.prices) == good
    assert reading.defects.total == bad


LONG_ROW = st.tuples(
    st.sampled_from(["A", "BRK.B", "a b", ""]),
    st.one_of(st.integers(0, 5).map(lambda n: day(n).isoformat()), st.sampled_from(["", "2024-1-1", "2999-01-01"])),
    st.one_of(GOOD_CELL, EMPTY, BAD_PRICE),
)


@given(st.lists(LONG_ROW, min_size=1, max_size=25))
def test_any_long_upload_keeps_the_first_of_each_session_in_rising_order_and_counts_the_others(rows):
    good, newest = {}, {}
    for symbol, session, close in rows:
        valid = SYMBOL.fullmatch(symbol) and len(session) == 10 and session < "2025" and close and not is_bad(close)
        if valid and session > newest.get(symbol, ""):
            good[symbol, session] = float(close)
            newest[symbol] = session
    text = "\n".join(f'{session},"{symbol}","{close}"' for symbol, session, close in rows)
    reading = read(f"date,symbol,close\n{text}\n")
    kept = {(symbol, session.isoformat()): close for (symbol, session), close in closes_of(reading.prices).items()}
    assert kept == good
    assert {defect.line for defect in reading.defects.first} == set(range(2, len(rows) + 2)) - lines_of(good, rows)


def lines_of(good, rows):
    """The lines that a good bar stands on: the first valid ones."""
    lines, seen = set(), set()
    for line, (symbol, session, close) in enumerate(rows, start=2):
        key = (symbol, session)
        if key in good and key not in seen and close and not is_bad(close) and float(close) == good[key]:
            lines.add(line)
            seen.add(key)
    return lines


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_as_unreadable_and_nothing_else(data):
    from services.marketdata.domain.errors import UnreadableUpload

    try:
        read(b"date,A\n" + data)
    except UnreadableUpload:
        return


@given(st.integers(1, 40), st.integers(1, 4))
def test_wide_and_long_of_the_same_closes_are_the_same_bars(sessions, count):
    symbols = ["A", "B", "C.D", "E-F"][:count]
    price = {(s, n): 1 + n + ord(s[0]) / 7 for s in symbols for n in range(sessions)}
    wide = [",".join(["date", *symbols])]
    wide += [",".join([day(n).isoformat(), *(repr(price[s, n]) for s in symbols)]) for n in range(sessions)]
    long = ["date,symbol,close"] + [f"{day(n)},{s},{price[s, n]!r}" for s in symbols for n in range(sessions)]
    assert closes_of(read("\n".join(wide)).prices) == closes_of(read("\n".join(long)).prices)
