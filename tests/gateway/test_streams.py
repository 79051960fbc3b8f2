import gzip
import json
import socket
import threading
import time
from urllib.parse import urlsplit

import grpc
import httpx
import pytest
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata

TICKS = "/api/v1/datasets/sp/ticks"
PROGRESS = "/api/v1/optimize/x/progress"
METHOD = {TICKS: "SubscribeTicks", PROGRESS: "WatchOptimization"}
LINES, EVENTS = "application/x-ndjson", "text/event-stream"


def frame(cursor):
    return marketdata.SubscribeTicksResponse(cursor=cursor).SerializeToString()


def read(messages, kind):
    """The next message of a stream, in either form."""
    line = next(line for line in messages if line)
    return json.loads(line.removeprefix("data: ") if kind == EVENTS else line)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [(None, LINES), ("*/*", LINES), (LINES, LINES), (EVENTS, EVENTS), (f"{EVENTS}, */*;q=0.1", EVENTS)],
)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_stream_is_written_as_accepted_message_by_message(edge, accept, kind, encoding):
    go_on = threading.Event()

    def ticks(_body, _context):
        yield frame("1")
        go_on.wait(10)
        yield frame("2")

    edge.services.answers["SubscribeTicks"] = ticks
    headers = {**edge.anyone, "accept-encoding": encoding} | ({"accept": accept} if accept else {})
    with edge.rest.stream("GET", TICKS, headers=headers) as answer:
        assert answer.headers["content-type"] == kind
        assert "content-encoding" not in answer.headers
        messages = answer.iter_lines()
        assert read(messages, kind)["cursor"] == "1"
        go_on.set()
        assert read(messages, kind)["cursor"] == "2"


def test_the_same_stream_is_native_grpc_too(edge):
    edge.services.answers["SubscribeTicks"] = lambda *_: [frame("1"), frame("2")]
    with edge.channel() as channel:
        native = channel.unary_stream("/qpo.marketdata.v1.MarketDataService/SubscribeTicks")
        assert list(native(b"", metadata=list(edge.anyone.items()))) == [frame("1"), frame("2")]


@pytest.mark.parametrize("path", [TICKS, PROGRESS])
@pytest.mark.parametrize("accept", ["*/*", LINES, EVENTS])
def test_an_error_before_the_first_message_has_the_shape_and_the_status_of_any_error(edge, path, accept):
    edge.services.answers[METHOD[path]] = lambda _, context: context.abort(grpc.StatusCode.NOT_FOUND, "none such")
    headers = {**edge.anyone, "accept": accept}
    for asked, status, code in (
        (edge.rest.get(path, headers=headers), 404, 5),
        (edge.rest.get(path, headers={"accept": accept}), 401, 16),
        (edge.rest.get(path, headers=headers, params={"colour": "red"}), 400, 3),
    ):
        assert (asked.status_code, asked.json()["code"]) == (status, code)
        assert asked.headers["content-type"] == "application/json"
        assert set(asked.json()) == {"code", "message", "details"}


@pytest.mark.parametrize(("accept", "kind"), [("*/*", LINES), (EVENTS, EVENTS)])
def test_a_stream_that_ends_without_a_message_is_an_empty_one(edge, accept, kind):
    edge.services.answers["SubscribeTicks"] = lambda *_: []
    answer = edge.rest.get(TICKS, headers={**edge.anyone, "accept": accept})
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, kind, "")


def test_what_is_no_stream_is_json_whatever_is_accepted_and_compressed_where_that_is_taken(edge):
    answer = edge.rest.get("/api/v1/portfolios", headers={**edge.anyone, "accept": EVENTS})
    assert answer.headers["content-type"] == "application/json"
    with httpx.stream("GET", f"{edge.url}/docs", headers={"accept-encoding": "gzip"}, trust_env=False) as page:
        assert gzip.decompress(b"".join(page.iter_raw()))


@pytest.mark.parametrize("accept", [LINES, EVENTS])
def test_a_reader_that_stops_reading_holds_up_the_service_within_half_a_megabyte(edge, accept):
    written, message = [], frame("c" * 1000)

    def ticks(_body, context):
        while context.is_active():
            written.append(len(message))
            yield message

    edge.services.answers["SubscribeTicks"] = ticks
    where = urlsplit(edge.url)
    with socket.create_connection((where.hostname, where.port)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        head = {"host": "edge", "accept": accept, **edge.anyone}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        reader.sendall(f"GET {TICKS} HTTP/1.1\r\n{lines}\r\n".encode())
        seen = -1
        while seen != len(written):
            seen = len(written)
            time.sleep(0.5)
    assert 0 < sum(written) < 512 * 1024
