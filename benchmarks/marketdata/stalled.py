"""How old a value is when it is delivered, and what a hundred readers that stand still change about that.

A crowd reads by h2load, a probe beside it reads as a client would and looks at each tick's time; then a hundred clients
attach that never read, and the probe looks again.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from benchmarks.figures import Figure
from benchmarks.marketdata.crowd import FRAMES
from benchmarks.marketdata.fanout import command, request_body

STALLED = 100
_LONG = 600.0  # seconds that the server would measure for: it is ended before
_SETTLE = 2.0  # seconds before one looks


def figures(crowd: int, seconds: float) -> Iterator[Figure]:
    """99th percentile of ages and the server's memory, before and with the readers that stand still."""
    words = [sys.executable, "-m", "benchmarks.marketdata.crowd", "qpo", str(crowd), str(_LONG)]
    with (
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory(prefix="qpo-crowd-") as folder,
    ):
        assert server.stdout is not None
        where = json.loads(server.stdout.readline())
        body = request_body(Path(folder))
        with subprocess.Popen(command("qpo", crowd, where, body), stdout=subprocess.DEVNULL) as load:
            try:
                found = asyncio.run(_looked(where, server.pid, seconds))
            finally:
                load.kill()
                server.kill()
    for name, (age, memory) in found.items():
        yield Figure(f"marketdata.stalled.{name}.age_p99", 1e3 * age, "ms")
        yield Figure(f"marketdata.stalled.{name}.memory", memory / 1e6, "1")
    yield Figure("marketdata.stalled.memory_ratio", found["with_100"][1] / found["without"][1], "x")


async def _looked(where: dict[str, Any], pid: int, seconds: float) -> dict[str, tuple[float, int]]:
    found = {"without": await _look(where, pid, seconds)}
    channels = [_channel(where, number) for number in range(STALLED)]
    streams = [_stream(channel, where) for channel in channels]
    await asyncio.gather(*(stream.wait_for_connection() for stream in streams))
    found["with_100"] = await _look(where, pid, seconds)
    for stream in streams:
        stream.cancel()
    return found


async def _look(where: dict[str, Any], pid: int, seconds: float) -> tuple[float, int]:
    await asyncio.sleep(_SETTLE)
    ages, until = list[float](), time.monotonic() + seconds
    async with _channel(where, -1) as channel:
        async for message in _stream(channel, where):
            now = time.time()
            if not message.snapshot:
                ages += [now - tick.occurred_at.ToNanoseconds() / 1e9 for tick in message.ticks]
            if time.monotonic() > until:
                break
    return sorted(ages)[int(0.99 * len(ages))], psutil.Process(pid).memory_info().rss


def _channel(where: dict[str, Any], number: int) -> Any:
    # A connection of its own, and windows as they are agreed on: nothing is read ahead of who stands still.
    options = (("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0), ("qpo.number", number))
    return grpc.aio.insecure_channel(f"127.0.0.1:{where['port']}", options)


def _stream(channel: Any, where: dict[str, Any]) -> Any:
    metadata = (("authorization", f"Bearer {where['token']}"),)
    request = pb.SubscribeTicksRequest(dataset="live", max_rate=FRAMES)
    return MarketDataServiceStub(channel).SubscribeTicks(request, metadata=metadata)
