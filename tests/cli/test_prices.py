import gzip

import pytest


@pytest.fixture
def closes(home):
    file = home / "closes.csv"
    file.write_text("date,AAPL\n2022-01-03,1.0\n2022-01-04,-1.0\n2022-01-05,1.2\n")
    return file


def test_an_import_says_what_was_kept_and_lists_what_was_not(me, closes):
    said = me("prices", "import", str(closes), "--dataset", "mine")
    assert said.code == 0
    assert "stored 4" in said.out
    assert "non-positive-price" in said.out
    assert "-1.0 [is no price]" in said.out


def test_defects_beyond_the_limit_are_counted(me, closes):
    assert "1 more" in me("prices", "import", str(closes), "--dataset", "mine", "--defects", "0").out


def test_a_large_file_arrives_whole(me, home):
    file = home / "large.csv"
    file.write_bytes(b"date,AAPL\n" + b"2022-01-03,1.0\n" * 60_000)
    assert me("prices", "import", str(file), "--dataset", "mine", "-o", "json").json["bars_stored"] == 60_001


def test_a_gzipped_file_is_taken(me, home):
    file = home / "closes.csv.gz"
    file.write_bytes(gzip.compress(b"date,AAPL\n"))
    assert me("prices", "import", str(file), "--dataset", "mine").code == 0


def test_a_missing_file_is_told_without_a_call(me):
    said = me("prices", "import", "nowhere.csv", "--dataset", "mine")
    assert said.code == 1
    assert "there is no file nowhere.csv" in said.err


def test_an_unknown_kind_of_file_is_refused(me, home):
    (home / "closes.xlsx").touch()
    assert "*.parquet" in me("prices", "import", "closes.xlsx", "--dataset", "mine").err


def test_datasets_and_instruments_are_listed(me):
    assert "1990-01-02" in me("prices", "datasets").out
    assert "8,313" in me("prices", "instruments", "mine").out


def test_an_unknown_price_is_a_dash_not_a_zero(me):
    said = me("prices", "bars", "mine", "--start", "2022-01-03")
    row = next(line for line in said.out.splitlines() if "AAPL" in line)
    assert "2022-01-03" in row
    assert "–" in row


def test_returns_leave_out_what_is_not_known(me):
    said = me("prices", "returns", "mine")
    row = next(line for line in said.out.splitlines() if "JNJ" in line)
    assert "378.00 %" in row  # the mean of 1 % and 2 %, 252 times
    assert "2022-12-01 … 2022-12-05" in said.out


def test_instruments_are_classified_line_by_line(me, home):
    (home / "classes.csv").write_text(
        "\ufeffSymbol,country, sector ,lot_size\naapl,us,information technology,\n\nXOM,,,100\n"
    )
    said = me("prices", "classify", "mine", "--file", "classes.csv", "-o", "json")
    made = {each["symbol"]: each for each in said.json["instruments"]}
    assert (made["AAPL"]["sector"], made["AAPL"]["country"]) == ("information technology", "US")
    assert (made["XOM"]["sector"], made["XOM"]["country"], made["XOM"]["lot_size"]) == ("", "", 100)
    assert "information technology" in me("prices", "classify", "mine", "--file", "classes.csv").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column symbol"),
        ("ticker,sector\nAAPL,x\n", "no column symbol"),
        ("symbol,colour\nAAPL,red\n", "'colour'"),
        ("symbol,sector,Sector\nAAPL,x,y\n", "stands twice"),
        ("symbol,sector\n,energy\n", "line 2 names no symbol"),
        ("symbol,sector\nAAPL,food, drink\n", "line 2 has 3 cells"),
        ("symbol,lot_size\nAAPL,many\n", "'many' is not a number"),
        ("symbol,sector\n\n", "says nothing"),
    ],
)
def test_a_file_of_classes_that_cannot_be_read_is_told_without_a_call(me, home, text, said):
    (home / "classes.csv").write_text(text)
    told = me("prices", "classify", "mine", "--file", "classes.csv")
    assert told.code == 1
    assert said in told.err


def test_a_symbol_that_the_dataset_lacks_is_told(me, home):
    (home / "classes.csv").write_text("symbol,sector\nTSLA,cars\n")
    assert "INSTRUMENT_NOT_FOUND" in me("prices", "classify", "mine", "--file", "classes.csv").err
