"""Sending ticks, their bars and their quality, from a terminal."""

import json

import pytest
from matplotlib.image import imread
from qpo.marketdata.v1.prices_pb2 import TickBar

from clients.cli.feed import ticks_in
from clients.cli.plots import candles_chart
from clients.cli.problem import Problem
from tests.cli.test_plots import printed

HEAD = "occurred_at,symbol,price,size,number,currency\n"
NOON = 1_772_452_800_000_000_000  # 2026-03-02T12:00:00Z


def test_the_ticks_of_a_symbol_keep_their_order_and_all_that_was_said_of_them(tmp_path):
    file = tmp_path / "ticks.csv"
    file.write_text(
        HEAD
        + "2026-03-02T12:00:00Z,A,1.5,10,1,USD\n2026-03-02T12:00:00,B,20,,,\n"
        + "2026-03-02T13:00:00.000001+01:00,A,nan,5,2,USD\n"
        + f"{NOON + 7},A,2.5,1,3,EUR\n"
    )
    a, b, other = ticks_in(file)
    assert (a.symbol, a.currency, list(a.occurred_at), list(a.numbers)) == ("A", "USD", [NOON, NOON + 1000], [1, 2])
    assert (a.prices[0], a.sizes[0], a.prices[1] != a.prices[1]) == (1.5, 10.0, True)
    assert (b.symbol, b.currency, list(b.sizes), list(b.numbers)) == ("B", "", [0.0], [0])
    assert (other.currency, list(other.occurred_at)) == ("EUR", [NOON + 7])


def test_many_ticks_of_a_symbol_go_in_several_messages(tmp_path):
    file = tmp_path / "ticks.csv"
    file.write_text("occurred_at,symbol,price\n" + "".join(f"{NOON + n},A,{n + 1}\n" for n in range(2500)))
    messages = ticks_in(file)
    assert [len(message.prices) for message in messages] == [1000, 1000, 500]
    assert [price for message in messages for price in message.prices] == [float(n + 1) for n in range(2500)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol,price\nA,1\n", "no column occurred_at"),
        ("occurred_at,symbol,price,colour\n", "a column 'colour'"),
        ("occurred_at,symbol,price\nyesterday,A,1\n", "line 2 cannot be read"),
        (f"occurred_at,symbol,price\n{NOON},A,1\n{NOON},A,one\n", "line 3 cannot be read"),
        (f"occurred_at,symbol,price\n{NOON},A\n", "line 2 cannot be read"),
        ("occurred_at,symbol,price\n", "holds no ticks"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_line(tmp_path, text, said):
    file = tmp_path / "ticks.csv"
    file.write_text(text)
    with pytest.raises(Problem, match=said):
        ticks_in(file)


def test_what_was_taken_is_told(me, home):
    (home / "ticks.csv").write_text("occurred_at,symbol,price\n" + f"{NOON},AAPL,1\n" * 3)
    assert "3 ticks taken in 1 messages" in me("ticks", "send", "ticks.csv", "--dataset", "mine").out
    assert me("ticks", "send", "nowhere.csv", "--dataset", "mine").code == 1


def test_a_report_says_why_ticks_were_kept_apart(me):
    said = me("quality", "report", "mine").out
    assert "1,996" in said
    assert "99.80 %" in said
    assert "spike 2" in said
    assert "no ticks were judged yet" in me("quality", "report", "new").out


def test_rules_are_changed_one_by_one(me):
    before = me("quality", "rules", "mine", "-o", "json").json["rules"]
    after = me("quality", "set", "mine", "--spike-floor", "0.6", "--ahead", "2.5", "-o", "json").json["rules"]
    assert after == before | {"spike_floor": 0.6, "ahead": "2.500s"}
    said = me("quality", "set", "mine")
    assert (said.code, "no rule to change" in said.err) == (2, True)


def test_the_quarantine_is_listed_by_fault_and_let_out_by_id(me):
    listed = me("quality", "quarantine", "mine", "--fault", "spike", "-o", "json").json["records"]
    assert [record["price"] for record in listed] == ["1500.0"]
    assert me("quality", "quarantine", "mine", "--fault", "stale", "-o", "json").json["records"] == []
    assert "released 2027-" in me("quality", "release", listed[0]["id"], "--dataset", "mine").out
    assert me("quality", "quarantine", "mine", "--fault", "nonsense").code == 2


def test_bars_are_drawn_as_candles(me, home):
    said = me("bars", "plot", "AAPL", "mine", "--interval", "1m", "--png", "candles.png")
    assert (said.code, "drawn to candles.png" in said.err) == (0, True)
    assert "66 bars, 660 ticks" in said.out
    picture = imread(home / "candles.png")
    assert (picture[..., :3].min(axis=2) < 0.9).any()


def test_without_bars_it_says_so(me):
    assert "no closed bars" in me("bars", "plot", "NONE", "mine").out
    assert me("bars", "plot", "NONE", "mine", "--png", "none.png").code == 1


def test_a_candle_stands_between_low_and_high():
    bar = TickBar(symbol="A", open=101, high=104, low=99, close=103, ticks=3)
    bar.start.FromSeconds(1_800_000_000)
    said = printed(candles_chart.chart([bar, bar], "A"))
    assert "2 bars, 6 ticks: 101.0000 → 103.0000, between 99.0000 and 104.0000" in said


def test_bars_are_watched_across_the_streams_that_the_server_ends(me):
    said = me("bars", "watch", "mine", "--seconds", "0.5", "-o", "json")
    frames = [json.loads(line) for line in said.out.splitlines()]
    assert frames[0]["snapshot"]
    assert [frame["cursor"] for frame in frames] == [str(n + 1) for n in range(len(frames))]
    assert len(frames) > 4
    assert "2027-01-15 08:00:00Z  AAPL  100.0000  102.0000" in me("bars", "watch", "mine", "--seconds", "0.2").out
