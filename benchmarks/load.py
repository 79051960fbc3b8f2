"""A load: one call, made over and over by so many callers at once, and what came of it.

h2load sends it where it is installed; otherwise our own generator does, which costs several times as much CPU.
"""

from __future__ import annotations

import math
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calls import Call

H2LOAD = "h2load"
_PATIENCE = 120.0  # seconds that one run may take


@dataclass(frozen=True, slots=True)
class Load:
    """`callers` closed loops of one connection each; `address` is `host:port`; `rate` per second in all, or none."""

    address: str
    call: Call
    protocol: str  # "grpc", "rest" (HTTP/1.1) or "rest2" (REST over HTTP/2)
    token: str
    callers: int
    requests: int
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a load came to: latencies in seconds, ascending, of the calls with an answer."""

    latencies: Sequence[float]
    refused: int  # answered otherwise than by 2xx, or not at all
    seconds: float  # from the first call's start to the last one's end
    cpu: float  # seconds of the generator

    @property
    def answered(self) -> int:
        """How many calls were answered."""
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Seconds within which `share` of the calls were answered (nearest rank)."""
        return self.latencies[max(0, math.ceil(share * self.answered) - 1)]


class NothingAnswered(Exception):
    """Not one call of a load was answered: there is nothing to measure."""


def generator() -> str:
    """The name of the load generator that is used here."""
    return H2LOAD if shutil.which(H2LOAD) else "benchmarks.generator"


def send(load: Load) -> Sent:
    """Sends a load and waits for its end. Raises NothingAnswered with the generator's words."""
    with tempfile.TemporaryDirectory(prefix="qpo-load-") as name:
        folder = Path(name)
        log, body = folder / "log", folder / "body"
        body.write_bytes(load.call.body(load.protocol))
        build = _h2load if generator() == H2LOAD else _own
        before = _children_cpu()
        done = subprocess.run(build(load, body, log), capture_output=True, text=True, timeout=_PATIENCE, check=False)
        cpu = _children_cpu() - before
        lines = log.read_text().splitlines() if log.exists() else []
    sent = _sent(lines, cpu)
    if not sent.answered:
        raise NothingAnswered(f"{load.call.name} over {load.protocol}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return sent


def _h2load(load: Load, body: Path, log: Path) -> list[str]:
    count = ["-n", str(load.requests), "-c", str(load.callers), "-m", "1", "-t", "1", f"--log-file={log}"]
    if load.rate is not None:
        count.append(f"--rps={max(1, round(load.rate / load.callers))}")
    headers = [
        part for name, value in load.call.headers(load.protocol, load.token) for part in ("-H", f"{name}: {value}")
    ]
    posted = ["-d", str(body)] if body.stat().st_size else []
    version = ["--h1"] if load.protocol == "rest" else []
    return [H2LOAD, *count, *version, *headers, *posted, f"http://{load.address}{load.call.path(load.protocol)}"]


def _own(load: Load, body: Path, log: Path) -> list[str]:
    headers = [f"{name}: {value}" for name, value in load.call.headers(load.protocol, load.token)]
    wanted = ["--requests", str(load.requests), "--callers", str(load.callers), "--rate", str(load.rate or 0)]
    where = ["--protocol", load.protocol, "--body", str(body), "--log", str(log)]
    return [
        *(sys.executable, "-m", "benchmarks.generator", *wanted, *where),
        *(part for header in headers for part in ("--header", header)),
        *(load.address, load.call.path(load.protocol)),
    ]


def _sent(lines: Sequence[str], cpu: float) -> Sent:
    """Reads h2load's log: the start in µs since the epoch, the HTTP status, the duration in µs."""
    rows = [tuple(map(int, line.split("\t")[:3])) for line in lines]
    good = [(start, took) for start, status, took in rows if 200 <= status < 300]
    seconds = (max(s + t for s, t in good) - min(s for s, _ in good)) / 1e6 if good else 0.0
    return Sent(sorted(took / 1e6 for _, took in good), len(rows) - len(good), seconds, cpu)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
