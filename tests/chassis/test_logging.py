import io
import json
import logging

import pytest

from chassis.context import bound
from chassis.logging import configure, logger

KEY = "qpo_" + "k3Y" * 23 + "k3"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1LTEifQ.c2lnbmF0dXJl"


class Lines:
    """What was logged since the last look."""

    def __init__(self, file: io.StringIO) -> None:
        self._file = file

    def raw(self) -> str:
        text = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return text

    def __call__(self) -> list[dict]:
        return [json.loads(line) for line in self.raw().splitlines()]


@pytest.fixture
def lines(standard_error):
    configure("gadget", "debug", "1.2.3")
    return Lines(standard_error)


def test_a_line_is_one_json_object_that_names_its_service(lines):
    logger().info("listening", port=7002)
    (line,) = lines()
    assert (line["event"], line["port"], line["level"]) == ("listening", 7002, "info")
    assert (line["service"], line["version"]) == ("gadget", "1.2.3")
    assert line["timestamp"].endswith("Z")


def test_a_line_knows_the_call_it_belongs_to(lines):
    with bound(method="/qpo.gadget.v1.GadgetService/MakeGadget") as call:
        call.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
        logger().info("made")
    (line,) = lines()
    assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert line["method"] == "/qpo.gadget.v1.GadgetService/MakeGadget"


NASTY = ["a\nb", 'a\r\n{"event": "forged"}', "\x1b[31mred", "nul\x00", "del\x7f", "nel\x85", "sep\u2028", "\ud800"]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_a_control_character_cannot_leave_its_line(lines, text):
    logger().info("said", text=text)
    raw = lines.raw()
    assert raw.count("\n") == 1
    assert all(" " <= char <= "~" for char in raw[:-1])
    assert json.loads(raw)["text"] == text


@pytest.mark.parametrize("name", ["password", "authorization", "refresh_token", "bootstrap_secret", "Cookie"])
def test_a_value_with_a_secrets_name_is_hidden(lines, name):
    logger().info("said", **{name: "hunter2"}, nested={name: "hunter2"})
    assert "hunter2" not in json.dumps(lines())


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"Bearer {TOKEN}",
        f"bad header: bearer {TOKEN[:30]}",
        "postgresql://qpo:hunter2@db/qpo",
        f"x{TOKEN}",
        f"key {KEY}",
    ],
)
def test_a_text_that_looks_like_a_secret_is_hidden(lines, text):
    logger().info("said", text=text, all=[text, {"deep": text}])
    said = json.dumps(lines())
    assert "hunter2" not in said
    assert TOKEN[:20] not in said
    assert KEY not in said


def test_a_libraries_line_is_json_too_and_hides_secrets(lines):
    logging.getLogger("some.library").warning("refused %s", f"Bearer {TOKEN}")
    (line,) = lines()
    assert line["level"] == "warning"
    assert line["service"] == "gadget"
    assert TOKEN not in line["event"]


def test_a_trace_is_kept_within_its_line(lines):
    logger().error("call", exc_info=ValueError(f"no use for {TOKEN}"))
    (line,) = lines()
    assert "ValueError" in line["exception"]
    assert TOKEN not in line["exception"]


def test_a_long_text_is_shortened(lines):
    logger().info("said", text="x" * 100_000)
    assert len(lines()[0]["text"]) <= 2001


def test_a_long_trace_keeps_how_it_begins_and_what_was_raised(lines):
    def even(left: int) -> None:
        if not left:
            raise ValueError("the cause")
        odd(left - 1)

    def odd(left: int) -> None:
        even(left - 1)

    try:
        even(60)
    except ValueError as error:
        logger().error("failed", exc_info=error)
    (line,) = lines()
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: the cause")
    assert len(line["exception"]) < 2100


def test_what_is_below_the_level_is_not_written(lines):
    configure("gadget", "warning")
    logger().info("listening")
    assert lines() == []


def test_a_libraries_trace_is_kept_within_its_line(lines):
    logging.getLogger("some.library").error("refused", exc_info=ValueError(f"no use for {TOKEN}"))
    (line,) = lines()
    assert (line["event"], line["level"]) == ("refused", "error")
    assert "ValueError" in line["exception"]
    assert TOKEN not in line["exception"]
