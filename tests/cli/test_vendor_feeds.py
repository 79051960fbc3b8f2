"""Feeds from vendors, sentiment and figures, from a terminal."""

import json
from datetime import UTC, datetime

import pytest

from clients.cli.documents import documents_in
from clients.cli.problem import Problem


def test_sources_say_why_they_are_not_asked(me):
    said = me("feeds", "sources").out
    assert "0.06 USD" in said
    assert "3 of 250" in said
    assert "no key" in said
    assert "budget" in said


def test_a_feed_is_started_with_what_the_source_calls_its_symbols(me):
    line = ("feeds", "start", "fmp", "quotes", "AAPL", "BRK.B=BRK-B", "--dataset", "mine", "--every", "90.5")
    feed = me(*line, "-o", "json").json["feed"]
    assert [target["target"] for target in feed["targets"]] == [
        {"symbol": "AAPL", "vendor_symbol": ""},
        {"symbol": "BRK.B", "vendor_symbol": "BRK-B"},
    ]
    assert (feed["source"], feed["kind"], feed["every"]) == ("fmp", "FEED_KIND_QUOTES", "90.500s")
    assert "BRK.B (BRK-B)" in me(*line).out
    assert me("feeds", "start", "bloomberg", "quotes", "AAPL", "--dataset", "mine").code == 2
    assert me("feeds", "start", "fmp", "quotes", "--dataset", "mine").code != 0


def test_feeds_are_shown_target_by_target(me):
    said = me("feeds", "status", "mine").out
    assert "1,234" in said
    assert "0:01:00" in said
    assert "no feeds" in me("feeds", "status", "new").out
    assert "stopped" in me("feeds", "stop", "fmp", "quotes", "--dataset", "mine").out


def test_sentiment_is_listed_and_watched_across_the_streams_that_the_server_ends(me):
    said = me("sentiment", "list", "mine").out
    assert "+0.65" in said
    assert "85 %" in said
    watched = me("sentiment", "watch", "mine", "--seconds", "0.5", "-o", "json").out
    frames = [json.loads(line) for line in watched.splitlines()]
    assert [frame["cursor"] for frame in frames] == [str(n + 1) for n in range(len(frames))]
    assert len(frames) > 4
    assert "AAPL  reddit  investing  +0.65  127  85 %  0.78" in me("sentiment", "watch", "mine", "--seconds", "0.2").out


def test_titles_are_printed_as_they_are(me):
    assert "[to the moon]" in me("sentiment", "documents", "mine").out


def test_documents_are_read_from_a_file_with_all_that_is_said_of_them(tmp_path):
    file = tmp_path / "news.csv"
    file.write_text(
        "id,published_at,title,kind,channel,text,url,upvote_ratio,symbols\n"
        '1,2026-03-02T12:00:00,"Apple, again",post,investing,more,https://x.example/1,0.8,AAPL MSFT\n'
        "2,2026-03-02T13:00:00+01:00,Second,,,,,,\n"
    )
    first, second = documents_in(file)
    assert (first.title, first.kind, first.channel, first.upvote_ratio, list(first.symbols)) == (
        "Apple, again",
        2,
        "investing",
        0.8,
        ["AAPL", "MSFT"],
    )
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert first.published_at.ToDatetime(UTC) == second.published_at.ToDatetime(UTC) == noon
    assert (second.kind, second.HasField("upvote_ratio"), list(second.symbols)) == (1, False, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,title\n1,x\n", "no column published_at"),
        ("id,published_at,title,colour\n", "a column 'colour'"),
        ("id,published_at,title\n1,yesterday,x\n", "line 2 cannot be read"),
        ("id,published_at,title,kind\n1,2026-03-02,x,tweet\n", "line 2 cannot be read"),
        ("id,published_at,title,upvote_ratio\n1,2026-03-02,x,most\n", "line 2 cannot be read"),
        ("id,published_at,title\n", "holds no documents"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_line(tmp_path, text, said):
    file = tmp_path / "news.csv"
    file.write_text(text)
    with pytest.raises(Problem, match=said):
        documents_in(file)


def test_figures_are_printed_exactly(me):
    assert "102466000000" in me("figures", "fundamentals", "mine", "--metrics", "revenue,eps").out
    assert "325.011" in me("figures", "macro", "mine", "--series", "CPIAUCSL", "--start", "2026-01-01").out
