"""The calls of test_edge_rest.py that look at what feeds bring, of ticks and of documents."""

import time

from tests.mesh.rest import DATASET, answered, first_line

QUOTES = {"source": "fmp", "kind": "FEED_KIND_QUOTES"}


def subscribe_ticks(me, admin):
    frame = first_line(me.rest, f"/api/v1/datasets/{DATASET}/ticks?symbols=AAPL")
    assert frame["snapshot"]
    assert frame["cursor"]


def list_tick_bars(me, admin):
    path, asked = f"/api/v1/datasets/{DATASET}/tick-bars", {"interval": "BAR_INTERVAL_1M", "symbols": "AAPL"}
    bars = until(lambda: answered(me.rest.get(path, params=asked))["bars"])
    assert (bars[0]["symbol"], bars[0]["open"], bars[0]["close"], bars[0]["ticks"]) == ("AAPL", 100, 101, 2)


def subscribe_bars(me, admin):
    path = f"/api/v1/datasets/{DATASET}/tick-bars"
    asked = {"interval": "BAR_INTERVAL_1M", "symbols": "AAPL"}
    until(lambda: answered(me.rest.get(path, params=asked))["bars"])
    frame = first_line(me.rest, f"{path}/stream?interval=BAR_INTERVAL_1M&symbols=AAPL")
    assert (frame["snapshot"], frame["bars"][0]["symbol"]) == (True, "AAPL")


def quality_report(me, admin):
    path = f"/api/v1/datasets/{DATASET}/quality"
    [stream] = until(lambda: answered(me.rest.get(path))["streams"])
    assert (stream["symbol"], stream["source"], stream["accepted"]) == ("AAPL", "tests", 4)
    assert {"fault": "RECORD_FAULT_NON_POSITIVE", "count": 1} in stream["faults"]


def quality_rules(me, admin):
    rules = answered(me.rest.get(f"/api/v1/datasets/{DATASET}/quality/rules"))["rules"]
    assert (rules["spike_z"], rules["oldest"]) == (12, "604800s")


def update_quality_rules(me, admin):
    path = f"/api/v1/datasets/{DATASET}/quality/rules"
    rules = answered(me.rest.patch(path, json={"rules": {"cross_window": "30s"}}))["rules"]
    assert (rules["cross_window"], rules["spike_z"]) == ("30s", 12)


def list_quarantine(me, admin):
    path = f"/api/v1/datasets/{DATASET}/quarantine"
    kept = until(lambda: answered(me.rest.get(path))["records"])
    assert {record["price"] for record in kept} == {"-1.0"}


def release_quarantined(me, admin):
    path = f"/api/v1/datasets/{DATASET}/quarantine"
    ids = [until(lambda: answered(me.rest.get(path))["records"])[0]["id"]]
    released = answered(me.rest.post(f"{path}/release", json={"ids": ids}))["records"]
    assert [record["id"] for record in released] == ids
    assert released[0]["released_at"]


def update_actions(me, admin):
    path = f"/api/v1/datasets/{DATASET}/actions"
    day = {"year": 2021, "month": 6, "day": 1}
    asked = {"actions": [{"symbol": "JNJ", "ex_date": day, "split_ratio": {"value": "2"}}]}
    [action] = answered(me.rest.patch(path, json=asked))["actions"]
    assert (action["symbol"], action["split_ratio"]) == ("JNJ", {"value": "2"})


def list_actions(me, admin):
    update_actions(me, admin)
    [action] = answered(me.rest.get(f"/api/v1/datasets/{DATASET}/actions"))["actions"]
    assert (action["symbol"], action["ex_date"]["month"]) == ("JNJ", 6)


def list_sources(me, admin):
    sources = answered(me.rest.get("/api/v1/sources"))["sources"]
    assert [source["name"] for source in sources] == ["alpha_vantage", "fmp", "fred", "news_api", "reddit"]
    assert sources[0]["cost_per_call"] == {"value": "0.01"}


def start_feed(me, admin):
    """Nobody answers at the vendor's address here: the feed is kept, and tries again."""
    path = f"/api/v1/datasets/{DATASET}/feeds"
    asked = {"source": "news_api", "kind": "FEED_KIND_NEWS", "targets": [{"symbol": "AAPL"}]}
    assert me.rest.post(path, json=asked).status_code == 403
    refused = admin.rest.post(path, json=asked)
    info = refused.json()["details"][0]
    assert (refused.status_code, info["reason"]) == (400, "SOURCE_NOT_CONFIGURED")
    assert info["metadata"]["settings"] == "QPO_MARKETDATA_NEWS_API_KEY"
    feed = answered(admin.rest.post(path, json=QUOTES | {"targets": [{"symbol": "AAPL"}]}))["feed"]
    assert (feed["source"], feed["kind"]) == ("fmp", "FEED_KIND_QUOTES")


def list_feeds(me, admin):
    assert answered(me.rest.get(f"/api/v1/datasets/{DATASET}/feeds")) == {"feeds": []}


def stop_feed(me, admin):
    path = f"/api/v1/datasets/{DATASET}/feeds"
    asked = {"source": "fmp", "kind": "FEED_KIND_NEWS"}
    refused = admin.rest.post(f"{path}/stop", json=asked)
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (404, "FEED_NOT_FOUND")
    answered(admin.rest.post(path, json=QUOTES | {"targets": [{"symbol": "AAPL"}]}))
    answered(admin.rest.post(f"{path}/stop", json=QUOTES))
    [feed] = answered(admin.rest.get(path))["feeds"]
    assert (feed["source"], feed["running"]) == ("fmp", False)


def list_documents(me, admin):
    path = f"/api/v1/datasets/{DATASET}/documents"
    [document] = until(lambda: answered(me.rest.get(path, params={"symbols": "AAPL"}))["documents"])
    assert (document["id"], document["symbols"]) == ("1", ["AAPL"])
    assert document["sentiment_score"] > 0


def list_sentiment(me, admin):
    path, asked = f"/api/v1/datasets/{DATASET}/sentiment", {"interval": "SENTIMENT_INTERVAL_1D"}
    [point] = until(lambda: answered(me.rest.get(path, params=asked))["points"])
    assert (point["symbol"], point["source"], point["post_count"]) == ("AAPL", "tests", 1)


def subscribe_sentiment(me, admin):
    path = f"/api/v1/datasets/{DATASET}/sentiment"
    until(lambda: answered(me.rest.get(path))["points"])
    frame = first_line(me.rest, f"{path}/stream?symbols=AAPL")
    assert (frame["snapshot"], frame["points"][0]["symbol"]) == (True, "AAPL")


def list_fundamentals(me, admin):
    path = f"/api/v1/datasets/{DATASET}/fundamentals"
    assert answered(me.rest.get(path)) == {"fundamentals": [], "next_page_token": ""}


def list_macro(me, admin):
    path = f"/api/v1/datasets/{DATASET}/macro"
    assert answered(me.rest.get(path, params={"series": "GDP"})) == {"observations": [], "next_page_token": ""}


def until(found, seconds=20):
    """What is found at last."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return result


FEED_CALLS = {
    ("GET", "/api/v1/datasets/{dataset}/ticks"): subscribe_ticks,
    ("GET", "/api/v1/datasets/{dataset}/tick-bars"): list_tick_bars,
    ("GET", "/api/v1/datasets/{dataset}/tick-bars/stream"): subscribe_bars,
    ("GET", "/api/v1/datasets/{dataset}/quality"): quality_report,
    ("GET", "/api/v1/datasets/{dataset}/quality/rules"): quality_rules,
    ("PATCH", "/api/v1/datasets/{dataset}/quality/rules"): update_quality_rules,
    ("GET", "/api/v1/datasets/{dataset}/quarantine"): list_quarantine,
    ("POST", "/api/v1/datasets/{dataset}/quarantine/release"): release_quarantined,
    ("PATCH", "/api/v1/datasets/{dataset}/actions"): update_actions,
    ("GET", "/api/v1/datasets/{dataset}/actions"): list_actions,
    ("GET", "/api/v1/sources"): list_sources,
    ("POST", "/api/v1/datasets/{dataset}/feeds"): start_feed,
    ("GET", "/api/v1/datasets/{dataset}/feeds"): list_feeds,
    ("POST", "/api/v1/datasets/{dataset}/feeds/stop"): stop_feed,
    ("GET", "/api/v1/datasets/{dataset}/documents"): list_documents,
    ("GET", "/api/v1/datasets/{dataset}/sentiment"): list_sentiment,
    ("GET", "/api/v1/datasets/{dataset}/sentiment/stream"): subscribe_sentiment,
    ("GET", "/api/v1/datasets/{dataset}/fundamentals"): list_fundamentals,
    ("GET", "/api/v1/datasets/{dataset}/macro"): list_macro,
}
