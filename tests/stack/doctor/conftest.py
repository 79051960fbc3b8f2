"""A patient whose state folder a test may spoil, and servers that tell it what the test wants."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stack.doctor.finding import Finding, Verdict
from stack.doctor.patient import Patient
from stack.record import Record
from stack.settings import MeshSettings


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """A mesh that does not run, in a folder with all that a start makes first."""
    found = Patient.of(MeshSettings(state_dir=tmp_path / "state"))
    found.layout.make()
    return found


@pytest.fixture
def running(patient: Patient) -> Callable[..., Patient]:
    """Makes the patient one that runs, with what a test wants recorded."""
    return lambda **told: replace(patient, runs=True, record=replace(Record(), **told))


def wrong(findings: object) -> list[Finding]:
    """Those that are to be mended; each says how."""
    found = [each for each in findings if each.verdict is Verdict.WRONG]  # type: ignore[attr-defined]
    assert all(each.fix for each in found)
    return found


def verdicts(findings: object) -> list[Verdict]:
    return [each.verdict for each in findings]  # type: ignore[attr-defined]


@contextmanager
def serving(*, hours: float = 0.0, pages: dict[str, bytes] | None = None) -> Iterator[str]:
    """An HTTP server whose clock is so many hours ahead; its url. A page that it lacks is a 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (pages or {"/health": b"{}", "/ready": b""}).get(self.path)
            self.send_response_only(404 if body is None else 200)
            self.send_header("date", formatdate(time.time() + hours * 3600, usegmt=True))
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
