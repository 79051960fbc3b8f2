"""A crowd of subscribers, by h2load: CPU per delivered tick of ours and of three others, in turn, medians.

The least of the rounds stands beside the median: how far apart they are says how quiet the machine was.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from qpo.marketdata.v1 import marketdata_service_pb2 as pb

from benchmarks.figures import Figure
from benchmarks.load import H2LOAD, NothingAnswered
from benchmarks.marketdata.crowd import FRAMES, KINDS, METHOD, Measured

CROWD = 1000
NEAR = KINDS[:2]  # of which it is not plain who costs less
SELDOM = 3  # rounds of theirs for one of all


def figures(rounds: int, seconds: float, crowd: int = CROWD) -> Iterator[Figure]:
    """The near kinds once a round, all of them in some; then the medians and the least, and ours over each other."""
    runs: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    for turn in range(rounds):
        for kind in NEAR if turn % SELDOM else KINDS:
            runs[kind].append(_run(kind, crowd, seconds))
    costs = {kind: [each.per_tick for each in measured] for kind, measured in runs.items()}
    for kind, measured in runs.items():
        name = f"marketdata.crowd.{kind}"
        yield Figure(f"{name}.cpu_per_tick", median(costs[kind]), "us")
        yield Figure(f"{name}.cpu_per_tick.least", min(costs[kind]), "us")
        yield Figure(f"{name}.attached", min(each.attached for each in measured), "1")
        yield Figure(f"{name}.attaching", max(each.attaching for each in measured), "s")
        due = median(each.frames / (crowd * FRAMES * each.seconds) for each in measured)
        yield Figure(f"{name}.frames_sent", 100 * due, "%")
    for kind in KINDS[1:]:
        yield Figure(f"marketdata.crowd.qpo_over_{kind}", median(costs["qpo"]) / median(costs[kind]), "x")


def _run(kind: str, crowd: int, seconds: float) -> Measured:
    """Raises NothingAnswered if nobody attached."""
    words = [sys.executable, "-m", "benchmarks.marketdata.crowd", kind, str(crowd), str(seconds)]
    with (
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory(prefix="qpo-crowd-") as folder,
    ):
        assert server.stdout is not None
        where = json.loads(server.stdout.readline())
        body = request_body(Path(folder))
        with subprocess.Popen(command(kind, crowd, where, body), stdout=subprocess.DEVNULL) as load:
            measured = Measured(**json.loads(server.stdout.readline()))
            load.kill()
    if not measured.frames:
        raise NothingAnswered(f"{kind}: of {crowd} subscribers {measured.attached} attached, and none was sent a frame")
    return measured


def request_body(folder: Path) -> Path:
    """A file with the request as gRPC sends it."""
    body = folder / "body"
    message = pb.SubscribeTicksRequest(dataset="live", max_rate=FRAMES).SerializeToString()
    body.write_bytes(b"\0" + len(message).to_bytes(4, "big") + message)
    return body


def command(kind: str, crowd: int, where: dict[str, str], body: Path) -> list[str]:
    """How h2load is started: a connection for each subscriber."""
    count = [H2LOAD, "-n", str(crowd), "-c", str(crowd), "-m", "1"]
    address = f"http://127.0.0.1:{where['port']}"
    if kind.startswith("sse"):
        return [*count, "--h1", f"{address}/"]
    headers = ("te: trailers", "content-type: application/grpc", f"authorization: Bearer {where['token']}")
    return [*count, *(part for header in headers for part in ("-H", header)), "-d", str(body), f"{address}{METHOD}"]
