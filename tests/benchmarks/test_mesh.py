"""The arithmetic of `make bench-mesh`, and that the load it sends is what it says."""

import json
import subprocess
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread

import pytest

from benchmarks.figures import Figure
from benchmarks.mesh import load, overload, search
from benchmarks.mesh.crowd import MIX, bodies
from benchmarks.mesh.load import Called, Came, Plan
from benchmarks.mesh.report import table


def call(due=0.0, took=0.01, status=200, kind="get"):
    return Called(kind, due, took, took, status)


def came(*calls, seconds=10.0):
    return Came(calls, seconds, 0.0)


def test_a_rate_is_held_if_95_of_100_are_in_time_and_hardly_any_is_lost():
    well = [call() for _ in range(95)]
    assert search.holds(came(*well, *(call(took=1.0) for _ in range(5))))
    assert not search.holds(came(*well, *(call(took=1.0) for _ in range(6))))
    assert not search.holds(came(*well, *(call(status=503) for _ in range(5))))
    assert not search.holds(came(*(call(status=0) for _ in range(5))))


def test_of_a_stream_the_first_message_counts():
    assert Called("stream", 0.0, 0.1, 5.0, 200).took == 0.1
    assert Called("solve", 0.0, 0.1, 5.0, 200).took == 5.0


class Limited:
    """A side that holds so much."""

    def __init__(self, name, most):
        self.name, self.most, self.asked = name, most, []

    def called(self, rate, seconds):
        self.asked.append(rate)
        return came(*(call(took=0.01 if rate <= self.most else 1.0) for _ in range(10)), seconds=seconds)


@pytest.mark.parametrize("most", [5.0, 60.0, 250.0])
def test_the_rate_that_is_found_is_the_highest_held_within_a_step(most):
    sides = {"a": Limited("a", most), "b": Limited("b", 100.0)}
    found = search.held(sides, 40.0, 1.0, lambda _: None)
    assert found["a"][0] <= most < found["a"][0] * search.FINER
    assert 100 / search.FINER < found["b"][0] <= 100


def test_recovery_is_the_last_second_that_was_not_well():
    calls = [call(due=second + 0.5, took=1.0 if second < 3 else 0.01) for second in range(10)]
    assert overload.recovery(came(*calls)) == 3.0
    assert overload.recovery(came(*calls[3:])) == 0.0


def test_a_table_says_whether_a_goal_was_reached():
    text = table([Figure("mesh.mesh.overload.goodput", 70.0, "%")], 50, {"cores": "2"})
    assert "under 50 users" in text
    assert "| `mesh.mesh.overload.goodput` | 70.0 | % | ≥ 80 | no |" in text


@pytest.fixture
def server():
    """Answers everything, and remembers it."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            seen.append((self.command, self.path.partition("?")[0], self.headers["authorization"], body))
            made = json.dumps({"portfolio": {"id": "01987f6c-0000-7000-8000-000000000001"}}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(made)))
            self.end_headers()
            self.wfile.write(made)

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the library's names

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", seen
        listening.shutdown()


@pytest.mark.nightly
def test_the_load_is_poisson_of_the_asked_rate_and_of_the_mix(tmp_path, server):
    url, seen = server
    users = [(f"token{number}", [f"own{number}"]) for number in range(20)]
    found = load.send(load.built(tmp_path), Plan(url, 200.0, 5.0, users, MIX, bodies()))
    assert 850 < len(found.calls) < 1150
    assert {each.status for each in found.calls} == {200}
    dues = [each.due for each in found.calls]
    assert dues == sorted(dues)
    gaps = [after - before for before, after in pairwise(dues)]
    mean = sum(gaps) / len(gaps)
    spread = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert 0.8 < spread / mean**2 < 1.25  # of an exponential distribution 1, of a steady beat 0
    kinds = Counter(each.kind for each in found.calls)
    assert all(abs(kinds[kind] / len(dues) - share / 100) < 0.05 for kind, share in MIX.items())
    assert {token for _, _, token, _ in seen} == {f"Bearer token{number}" for number in range(20)}
    assert {verb for verb, *_ in seen} == {"GET", "POST", "PATCH", "DELETE"}


@pytest.mark.nightly
def test_the_generator_is_clean():
    done = subprocess.run(["go", "vet", "."], cwd=load.SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
