"""The page that draws ticks, in a real Chromium, before the real mesh."""

import json
import os
import signal
import time

import pytest

from stack.events import State
from tests.mesh.browser import ENTER, browser
from tests.mesh.cuttable import cuttable
from tests.mesh.rest import DATASET, SESSIONS, SYMBOLS, User

pytestmark = pytest.mark.component("chromedriver")

# Which colours of lines a canvas holds, each with its pixels.
PIXELS = """
const style = getComputedStyle(document.documentElement), canvas = document.getElementById("chart");
const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
const count = (colour) => {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  let found = 0;
  for (let at = 0; at < pixels.length; at += 4)
    found += pixels[at] === red && pixels[at + 1] === green && pixels[at + 2] === blue && pixels[at + 3] === 255;
  return found;
};
return Array.from({ length: arguments[0] }, (_, place) => count(style.getPropertyValue(`--s${place}`).trim()));
"""
# What the page's own reader makes of a body that comes in these pieces.
READ = """
const [pieces] = arguments;
const body = new ReadableStream({ start(into) {
  for (const piece of pieces) into.enqueue(Uint8Array.from(piece));
  into.close();
} });
return (async () => {
  const told = [];
  for await (const line of wholeLines(body)) told.push(line);
  return told;
})();
"""
ASKED = """return performance.getEntriesByType("resource").map((each) => each.name);"""
KEPT = """return JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie]);"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as window:
        yield window


@pytest.fixture(scope="module")
def me(mesh) -> User:
    return User(mesh.edge_url, mesh.edge_address).register().import_prices().feed_documents()


@pytest.fixture
def page(chromium, mesh):
    """The page as it is opened, in a wide window."""
    chromium.resize(1280, 1000)
    chromium.open(f"{mesh.edge_url}/docs/live")
    yield chromium
    assert chromium.complaints() == []


def ask(page, token, dataset=DATASET, symbols="", rate="10"):
    """Fills in the form, and ends with the key that sends it."""
    for field, text in (("#token", token), ("#symbols", symbols), ("#rate", rate), ("#dataset", dataset)):
        page.fill(field, text)
    page.press("#dataset", ENTER)


def until(condition, seconds=20.0):
    """Waits until it holds; returns what it said."""
    deadline = time.monotonic() + seconds
    while not (told := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return told


def state(page):
    return page.run("return document.getElementById('state').dataset.state")


def number(page, which):
    return int(page.text(which).replace(",", ""))


def play(me, speed, dataset=DATASET):
    answer = me.rest.post(f"/api/v1/datasets/{dataset}/replays", json={"speed": speed})
    assert answer.status_code == 200, answer.text
    return answer.json()["replay"]["id"]


def test_ticks_are_counted_named_and_drawn_as_they_come(page, me):
    ask(page, me.token)
    until(lambda: state(page) == "live")
    replay = play(me, 50)
    first = until(lambda: number(page, "#tick-count"))
    until(lambda: number(page, "#tick-count") > first + 40)
    until(lambda: all(pixels > 20 for pixels in page.run(PIXELS, len(SYMBOLS))))
    me.rest.post(f"/api/v1/replays/{replay}/stop", json={})
    legend = [row.split() for row in page.text("#legend").splitlines()]
    assert [row[0] for row in legend] == list(SYMBOLS)
    assert all(float(price) > 0 and change[0] in "+−" for _, price, change, _ in legend)
    assert number(page, "#messages") > 2
    assert page.text("#age").endswith("s ago")
    assert page.text("#session").startswith("2021-")


def test_a_few_updates_per_second_spare_the_reader_ticks_and_say_how_many(page, me):
    ask(page, me.token, symbols="aapl, XOM", rate="2")
    until(lambda: state(page) == "live")
    replay = play(me, 100)
    until(lambda: number(page, "#conflated") > 10)
    me.rest.post(f"/api/v1/replays/{replay}/stop", json={})
    assert set(page.text("#legend").split()) >= {"AAPL", "XOM"}
    assert "MSFT" not in page.text("#legend")


def test_sentiment_is_shown_where_there_is_some(page, me):
    ask(page, me.token)
    until(lambda: page.run("return !document.getElementById('sentiment').hidden"))
    symbol, source, score, documents, *_ = page.text("#points").split()
    assert (symbol, source, documents) == ("AAPL", "tests", "1")
    assert float(score) > 0


def test_a_token_is_neither_stored_nor_part_of_an_address(page, me, mesh):
    ask(page, me.token)
    until(lambda: state(page) == "live")
    page.click("#disconnect")
    assert state(page) == "idle"
    # What was asked for is kept by the browser once it has ended, which for what was broken off is a moment later.
    asked = until(lambda: (found := page.run(ASKED)) and len(found) >= 2 and found)
    kept = page.run(KEPT)
    assert me.token not in kept + " ".join(asked)
    address, *stores = json.loads(kept)
    assert address == f"{mesh.edge_url}/docs/live"
    assert {each.partition("?")[0] for each in asked} == {
        f"{mesh.edge_url}/api/v1/datasets/{DATASET}/{stream}" for stream in ("ticks", "sentiment/stream")
    }
    assert stores == [{}, {}, ""]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"token": "a.wrong.token"}, "401 TOKEN_REFUSED"),
        ({"dataset": "nothing"}, "404 DATASET_NOT_FOUND"),
        ({"symbols": "NONE"}, "404 INSTRUMENT_NOT_FOUND"),
        ({"symbols": "-"}, "400 INVALID_REQUEST"),
        ({"token": "not a token"}, "This is no access token"),
    ],
)
def test_a_refusal_is_told_with_its_reason_and_is_not_asked_for_again(page, me, wrong, said):
    ask(page, **{"token": me.token} | wrong)
    until(lambda: state(page) == "refused")
    assert said in page.text("#refusal")
    asked = page.run("return performance.getEntriesByType('resource').length")
    time.sleep(1)
    assert page.run("return performance.getEntriesByType('resource').length") == asked
    ask(page, me.token)
    until(lambda: state(page) == "live")
    assert page.run("return document.getElementById('refusal').hidden")


def test_of_a_line_that_was_cut_and_mended_no_tick_is_missed(chromium, mesh, me):
    me.import_prices("cut")
    with cuttable(mesh.edge_address) as line:
        chromium.open(f"{line.url}/docs/live")
        ask(chromium, me.token, "cut", rate="0")
        until(lambda: state(chromium) == "live")
        play(me, 100, "cut")
        until(lambda: number(chromium, "#tick-count") > SESSIONS // 2)
        line.cut()
        until(lambda: state(chromium) == "waiting")
        assert "next try in" in chromium.text("#state")
        before = number(chromium, "#tick-count")
        line.mend()
        until(lambda: state(chromium) == "live")
        total = SESSIONS * len(SYMBOLS)
        until(lambda: number(chromium, "#tick-count") + number(chromium, "#conflated") >= total)
        assert number(chromium, "#tick-count") > before
        assert number(chromium, "#tick-count") + number(chromium, "#conflated") == total
        chromium.click("#disconnect")


def test_when_the_service_ends_the_page_goes_on_as_soon_as_it_is_back(page, me, mesh):
    def service():
        return next(each for each in mesh.parts() if each.name == "marketdata")

    ask(page, me.token)
    until(lambda: state(page) == "live")
    play(me, 50)
    until(lambda: number(page, "#tick-count") > 0)
    before = service()
    os.kill(before.pid, signal.SIGTERM)
    until(lambda: state(page) != "live")
    until(lambda: service().state is State.READY and service().pid != before.pid, 60)
    seen = number(page, "#tick-count")
    until(lambda: me.rest.post(f"/api/v1/datasets/{DATASET}/replays", json={"speed": 50}).status_code == 200)
    until(lambda: state(page) == "live" and number(page, "#tick-count") > seen + 40)


def test_lines_are_whole_however_their_bytes_come(page):
    text = '{"a":"é–😀"}\n\n{"b":1}\n{"c":'
    for size in (1, 2, 3, 7, 100):
        sent = text.encode()
        pieces = [list(sent[at : at + size]) for at in range(0, len(sent), size)]
        assert page.run(READ, pieces) == ['{"a":"é–😀"}', '{"b":1}']


def test_what_is_kept_of_a_line_does_not_grow_with_its_ticks(page):
    points = page.run("""
      const points = [];
      for (let at = 0; at < 1_200_000; at += 4) addPoint(points, at, 100 + Math.sin(at));
      return points.length;
    """)
    assert points <= 300_000 / 50 + 2


def test_of_many_symbols_some_are_drawn_and_all_are_counted(page):
    page.run("""
      const at = new Date().toISOString();
      const ticks = Array.from({ length: 500 }, (_, n) => ({ symbol: `S${n}`, price: 1 + n, seq: 1, occurred_at: at }));
      takeTicks({ ticks, conflated: 0 });
    """)
    until(lambda: number(page, "#tick-count") == 500)
    assert page.run("return document.getElementById('legend').rows.length") == 16
    assert page.text("#more").startswith("and 484 more")


@pytest.mark.parametrize("width", [320, 800, 1280])
def test_the_page_fits_a_window_of_any_width(page, width):
    page.resize(width, 900)
    assert page.run("return document.documentElement.scrollWidth") <= width


def test_every_field_has_its_label_and_every_control_is_reached_by_the_keyboard(page):
    labels = page.run("return [...document.querySelectorAll('input')].map((each) => each.labels[0].innerText)")
    assert labels == ["Access token", "Dataset", "Symbols", "Updates per s"]
    reached = page.run("return [...document.querySelectorAll('a, input, button')].every((each) => each.tabIndex === 0)")
    assert reached
