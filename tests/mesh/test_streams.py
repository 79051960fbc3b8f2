"""Streams over REST from the real services: lines of JSON or events, and errors as everywhere."""

import json

import pytest

from tests.mesh.rest import DATASET, SYMBOLS, User, refusal

LINES, EVENTS = "application/x-ndjson", "text/event-stream"
NO_UUID = "01987f6c-0000-7000-8000-00000000dead"


@pytest.fixture(scope="module")
def me(mesh) -> User:
    return User(mesh.edge_url, mesh.edge_address).register().import_prices()


def messages(answer):
    """The messages of a stream, in either form."""
    events = answer.headers["content-type"] == EVENTS
    for line in filter(None, answer.iter_lines()):
        assert line.startswith("data: ") is events
        yield json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("kind", [LINES, EVENTS])
def test_a_jobs_progress_is_written_to_its_end(me, kind):
    asked = {"universe": list(SYMBOLS), "dataset": DATASET}
    job = me.rest.post("/api/v1/optimize", json=asked).json()["job"]
    with me.rest.stream("GET", f"/api/v1/optimize/{job['job_id']}/progress", headers={"accept": kind}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        told = list(messages(answer))
    assert told[-1]["job"]["state"] == "JOB_STATE_SUCCEEDED"


@pytest.mark.parametrize("kind", [LINES, EVENTS])
def test_ticks_begin_with_a_snapshot_and_go_on_while_a_replay_plays(me, kind):
    with me.rest.stream("GET", f"/api/v1/datasets/{DATASET}/ticks", headers={"accept": kind}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        told = messages(answer)
        assert next(told)["snapshot"]
        replay = me.new_replay()
        try:
            delta = next(told)
        finally:
            me.rest.post(f"/api/v1/replays/{replay}/stop", json={})
    assert not delta["snapshot"]
    assert {tick["symbol"] for tick in delta["ticks"]} <= set(SYMBOLS)


@pytest.mark.parametrize("kind", [LINES, EVENTS])
@pytest.mark.parametrize(
    ("path", "http", "reason", "domain"),
    [
        ("/api/v1/datasets/nothing/ticks", 404, "DATASET_NOT_FOUND", "marketdata.qpo"),
        (f"/api/v1/datasets/{DATASET}/ticks?cursor=forged", 400, "CURSOR_INVALID", "marketdata.qpo"),
        (f"/api/v1/datasets/{DATASET}/ticks?symbols=NONE", 404, "INSTRUMENT_NOT_FOUND", "marketdata.qpo"),
        (f"/api/v1/optimize/{NO_UUID}/progress", 404, "JOB_NOT_FOUND", "optimizer.qpo"),
    ],
)
def test_a_stream_that_cannot_begin_is_refused_as_any_call(me, kind, path, http, reason, domain):
    refusal(me.rest.get(path, headers={"accept": kind}), http, reason, domain)
