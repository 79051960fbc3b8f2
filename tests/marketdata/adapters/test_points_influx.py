"""Points in a real InfluxDB: laid out, written, rolled up, forgotten, and away."""

import itertools
import time

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from services.marketdata.adapters import points_influx
from services.marketdata.adapters.points_influx import CANDLES, InfluxPoints, LoggedReport
from services.marketdata.app.mirror_ports import PointsUnavailable
from services.marketdata.domain.feed.points import PriceRows, line, price_lines
from services.marketdata.domain.feed.records import DAY, SECOND
from tests.fixtures.influx import started
from tests.fixtures.logs import captured

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
DATASET, OTHER = "01987f6c-0000-7000-8000-0000000000da", "01987f6c-0000-7000-8000-0000000000db"
ROLLED = (
    "CREATE CONTINUOUS QUERY prices_1minute ON {0} RESAMPLE EVERY 1m FOR 10m BEGIN "
    "SELECT first(price) AS open, max(price) AS high, min(price) AS low, last(price) AS close, sum(volume) AS volume "
    'INTO {0}."1minute".prices FROM {0}.raw.prices GROUP BY time(1m), symbol, exchange, dataset fill(none) END'
)
CANDLES_OF = (
    'SELECT open, high, low, close, volume FROM "{}".prices '
    "WHERE symbol = 'A' AND exchange = 'XNYS' AND dataset = '{}'"
)
FIRST = 'SELECT open FROM "{}".prices'
ALL = 'SELECT * FROM "{0}".prices, "{0}".sentiment'
HOSTILE = ["a b", "a,b", "a=b", "a\\,b", "\\", 'a\\ \\="', '"', "'", "a\\\\", "#", "ü€🙂", "a\nb", "x\\", "\\\\=,\\ "]
_numbers = itertools.count(1)


@pytest_asyncio.fixture
async def points(influx_url):
    """A database of the test's own, laid out."""
    async with InfluxPoints(influx_url, f"points_{next(_numbers)}") as points:
        await points.lay_out()
        yield points


@pytest.fixture
def read(points, influx):
    return lambda text: influx.query(text, points._database)


@pytest.fixture
def now():
    """The middle of an hour: nothing of the last 20 minutes lies in another."""
    return time.time_ns() // HOUR * HOUR - HOUR // 2


def tick(at, price=100.0, size=1.0, symbol="A", **fields):
    return PriceRows(DATASET, symbol, "XNYS", "replay", [at], [price], [size], [0])._replace(**fields)


def lines(*rows):
    return list(price_lines(rows))


async def test_the_policies_keep_as_long_as_specified_and_ticks_a_week(read):
    policies = {row["name"]: (row["duration"], row["default"]) for row in read("SHOW RETENTION POLICIES")}
    assert policies == {
        "raw": ("168h0m0s", True),
        "1minute": ("168h0m0s", False),
        "5minute": ("720h0m0s", False),
        "1hour": ("8760h0m0s", False),
        "1day": (f"{3653 * 24}h0m0s", False),
    }


async def test_a_query_rolls_up_each_width_and_looks_back_for_late_ticks(points, read):
    of = points._database
    queries = {row["name"]: row["query"] for row in read("SHOW CONTINUOUS QUERIES") if row["of"] == of}
    assert sorted(queries) == ["prices_1day", "prices_1hour", "prices_1minute", "prices_5minute"]
    assert queries["prices_1minute"] == ROLLED.format(of)


async def test_to_lay_out_again_changes_nothing(points, read):
    await points.write("raw", lines(tick(time.time_ns())))
    asked, shards = "SHOW RETENTION POLICIES; SHOW CONTINUOUS QUERIES; SELECT * FROM prices", "SHOW SHARDS"
    before, laid = read(asked), read(shards)
    await points.lay_out()
    assert read(asked) == before
    # A continuous query may have made some meanwhile.
    assert [shard for shard in read(shards) if shard in laid] == laid


async def test_what_is_laid_out_otherwise_is_put_right(points, read):
    asked = "SHOW RETENTION POLICIES; SHOW CONTINUOUS QUERIES"
    before = read(asked)
    of = points._database
    read(f'ALTER RETENTION POLICY "1hour" ON {of} DURATION 90d')
    read(f"ALTER RETENTION POLICY raw ON {of} DURATION 9d")
    read(f"DROP CONTINUOUS QUERY prices_1minute ON {of}")
    other = "SELECT max(price) INTO high FROM prices GROUP BY time(1m)"
    read(f"CREATE CONTINUOUS QUERY prices_1minute ON {of} BEGIN {other} END")
    await points.lay_out()
    assert sorted(map(str, read(asked))) == sorted(map(str, before))


async def test_a_database_that_somebody_else_made_is_laid_out(influx, influx_url):
    async with InfluxPoints(influx_url, "made_by_hand") as points:
        assert await points.exists() is False
        influx.query("CREATE DATABASE made_by_hand")
        assert await points.exists() is True
        await points.lay_out()
        assert await points.write("raw", lines(tick(time.time_ns()))) == 0


async def test_a_tick_is_read_as_it_was_written(points, read, now):
    await points.write("raw", lines(tick(now + 1, 150.25, 3.0), tick(now + 1, 1e-7, 0.0, exchange="", earlier=[1])))
    [numbered, first] = sorted(read("SELECT * FROM raw.prices"), key=lambda row: row["price"])
    of = {"of": "prices", "time": now + 1, "symbol": "A", "data_source": "replay", "dataset": DATASET}
    assert first == of | {"price": 150.25, "volume": 3, "exchange": "XNYS", "n": None}
    assert numbered == of | {"price": 1e-7, "volume": 0, "exchange": None, "n": "1"}


async def test_names_with_anything_in_them_stay_apart_and_come_back(points, read, now):
    sent = [line("t", {"name": name, "z": "z"}, {"v": float(at)}, now) for at, name in enumerate(HOSTILE)]
    assert await points.write("raw", sent) == 0
    found = {round(row["v"]): (row["name"], row["z"]) for row in read("SELECT * FROM raw.t")}
    as_shown = {"\\": "⧵", "a\\,b": "a⧵,b", 'a\\ \\="': 'a⧵ ⧵="', "a\\\\": "a\\⧵", "a\nb": "a␊b", "x\\": "x⧵"}
    as_shown |= {"\\\\=,\\ ": "\\⧵=,⧵ "}
    assert found == {at: (as_shown.get(name, name), "z") for at, name in enumerate(HOSTILE)}


async def test_thousands_of_points_go_compressed_and_again_they_double_nothing(points, read, now):
    sent = lines(*(tick(now + n, 100.0 + n) for n in range(5000)))
    body, headers = points_influx._packed(sent)
    assert headers == {"Content-Encoding": "gzip"} and len(body) < len("\n".join(sent)) / 5
    for _ in range(2):
        assert await points.write("raw", sent) == 0
        assert read("SELECT count(price), sum(price) FROM raw.prices")[0]["count"] == 5000


async def test_a_tick_older_than_a_week_is_refused_and_the_others_are_kept(points, read):
    now = time.time_ns()
    sent = lines(tick(now), tick(now - 8 * DAY), tick(now - 9 * DAY), tick(now - 7 * DAY + HOUR))
    assert await points.write("raw", sent) == 2
    assert await points.write("1hour", sent) == 0
    assert [row["time"] for row in read("SELECT price FROM raw.prices")] == [now - 7 * DAY + HOUR, now]
    assert len(read('SELECT price FROM "1hour".prices')) == 4


async def test_lines_that_cannot_be_read_are_told_and_the_others_are_kept(points, read, now):
    with captured() as logs:
        assert await points.write("raw", ["prices,symbol=", *lines(tick(now)), "nonsense"]) == 2
        assert await points.write("raw", ["nonsense"]) == 1
    assert [each["event"] for each in logs] == ["points_unreadable"] * 2
    assert len(read("SELECT price FROM raw.prices")) == 1


async def test_what_somebody_can_mend_is_waited_for(points, now):
    await points.write("raw", lines(tick(now)))
    with pytest.raises(PointsUnavailable, match="type conflict"):
        await points.write("raw", [f"prices,symbol=A price=1i {now}"])
    with pytest.raises(PointsUnavailable, match="policy not found"):
        await points.write("nowhere", lines(tick(now)))


async def test_candles_are_rolled_up_by_symbol_exchange_and_dataset(points, read, now):
    ticks = [(0, 10.0, 1.0), (20, 12.0, 2.0), (30, 9.0, 4.0), (59, 11.0, 8.0), (60, 20.0, 1.0)]
    rows = [tick(now + second * SECOND, price, size) for second, price, size in ticks]
    rows += [row._replace(symbol="B", price=[1.0]) for row in rows[:1]]
    rows += [row._replace(exchange="", price=[2.0]) for row in rows[:1]]
    rows += [row._replace(dataset=OTHER, price=[3.0]) for row in rows[:1]]
    await points.write("raw", lines(*rows))
    await points.roll_up(now + 30 * SECOND, now + HOUR, now + HOUR)
    first = {"open": 10, "high": 12, "low": 9, "close": 11, "volume": 15}
    second = {"open": 20, "high": 20, "low": 20, "close": 20, "volume": 1}
    both = {"open": 10, "high": 20, "low": 9, "close": 20, "volume": 16}
    of = {"of": "prices"}
    assert read(CANDLES_OF.format("1minute", DATASET)) == [
        of | {"time": now} | first,
        of | {"time": now + MINUTE} | second,
    ]
    for policy, width in (("5minute", 5 * MINUTE), ("1hour", HOUR), ("1day", DAY)):
        assert read(CANDLES_OF.format(policy, DATASET)) == [of | {"time": now // width * width} | both]
    for policy in (each.policy for each in CANDLES):
        assert sorted(row["open"] for row in read(FIRST.format(policy)))[:3] == [1, 2, 3]


async def test_an_interval_that_is_not_kept_whole_any_more_is_not_rolled_up(points, read):
    now = time.time_ns()
    oldest = now - 7 * DAY
    inside = (oldest // HOUR + 1) * HOUR + MINUTE
    await points.write("raw", lines(tick(oldest + 10 * SECOND), tick(inside), tick(now)))
    await points.roll_up(now - 60 * DAY, now + 1, now)
    minutes, days = ([row["time"] for row in read(FIRST.format(policy))] for policy in ("1minute", "1day"))
    assert min(minutes + days) >= oldest
    assert {inside // MINUTE * MINUTE, now // MINUTE * MINUTE} <= set(minutes)
    assert now // DAY * DAY in days


async def test_a_dataset_that_is_forgotten_leaves_no_point(points, read, now):
    await points.write("raw", lines(tick(now), tick(now, dataset=OTHER)))
    await points.write("1hour", [line("sentiment", {"dataset": DATASET, "symbol": "A"}, {"post_count": 1}, now)])
    await points.roll_up(now, now + MINUTE, now)
    await points.forget(DATASET)
    policies = ["raw", *(each.policy for each in CANDLES)]
    left = [row for policy in policies for row in read(ALL.format(policy))]
    assert len(left) == 5 and {row["dataset"] for row in left} == {OTHER}


async def test_a_server_that_is_not_there_is_told_without_its_address():
    async with InfluxPoints("http://127.0.0.1:9") as points:
        with pytest.raises(PointsUnavailable, match=r"^not answered: ConnectError$"):
            await points.write("raw", ["m v=1"])


async def test_a_database_that_is_not_there_takes_nothing(influx_url):
    async with InfluxPoints(influx_url, "nowhere") as points:
        assert await points.exists() is False
        with pytest.raises(PointsUnavailable, match="status 404: database not found"):
            await points.write("raw", ["m v=1"])
        with pytest.raises(PointsUnavailable):
            await points.roll_up(0, time.time_ns(), time.time_ns())


ANSWERS = [httpx.Response(200, text="hello"), httpx.Response(200, json=[]), httpx.Response(302), httpx.Response(500)]


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_server_that_is_no_influxdb_is_away(answer):
    points = InfluxPoints("http://nowhere")
    points.__dict__["http"] = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))
    async with points:
        with pytest.raises(PointsUnavailable):
            await points.lay_out()


async def test_a_user_is_known_by_a_password_that_nothing_tells(capfd):
    for server in started(auth=True):
        server.query("CREATE USER qpo WITH PASSWORD 'very secret' WITH ALL PRIVILEGES")
        with captured() as logs:
            async with InfluxPoints(server.url, "qpo", "qpo", SecretStr("very secret")) as points:
                await points.lay_out()
                assert await points.write("raw", lines(tick(time.time_ns()))) == 0
            for stranger in (InfluxPoints(server.url), InfluxPoints(server.url, "qpo", "qpo", SecretStr("wrong"))):
                async with stranger:
                    with pytest.raises(PointsUnavailable, match="status 401") as refusal:
                        await stranger.write("raw", lines(tick(time.time_ns())))
                    assert "wrong" not in str(refusal.value)
        assert not logs and "secret" not in "".join(capfd.readouterr())


def test_how_the_mirror_fares_is_logged():
    with captured() as logs:
        report = LoggedReport()
        report.interrupted("status 503")
        report.resumed()
        report.refused("raw", 3)
    told = [{name: value for name, value in each.items() if name != "timestamp"} for each in logs]
    assert told == [
        {"level": "warning", "event": "mirror_interrupted", "error": "status 503"},
        {"level": "info", "event": "mirror_resumed"},
        {"level": "warning", "event": "points_refused", "policy": "raw", "points": 3},
    ]
