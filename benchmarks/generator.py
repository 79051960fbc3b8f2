"""The load generator for machines without h2load: closed loops on asyncio, the same log as h2load's.

It takes the same core several times as long, so its numbers say less about the server; the success of a gRPC call
is its grpc-status here.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import grpc

Ask = Callable[[], Awaitable[int]]  # makes one call; returns an HTTP status, 500 for a gRPC error
_LIMIT = 30.0  # seconds of one call


def main() -> None:
    """Makes the calls that the arguments describe, and writes the log."""
    wanted = _arguments()
    asyncio.run(_run(wanted))


async def _run(wanted: argparse.Namespace) -> None:
    turns: Iterator[int] = iter(range(wanted.requests))
    pause = wanted.callers / wanted.rate if wanted.rate else 0.0
    connect = _grpc if wanted.protocol == "grpc" else _rest
    rows: list[tuple[int, int, int]] = []
    await asyncio.gather(*(_caller(connect(wanted), turns, pause, rows) for _ in range(wanted.callers)))
    wanted.log.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


async def _caller(
    connecting: Awaitable[Ask], turns: Iterator[int], pause: float, rows: list[tuple[int, int, int]]
) -> None:
    """One closed loop; with a pause, one that starts a call every `pause` seconds if the last has been answered."""
    ask = await connecting
    began = time.perf_counter()
    for turn in itertools.count():
        if next(turns, None) is None:
            return
        if pause:
            await asyncio.sleep(max(0.0, began + turn * pause - time.perf_counter()))
        start, clock = time.time_ns() // 1000, time.perf_counter()
        status = await ask()
        rows.append((start, status, round((time.perf_counter() - clock) * 1e6)))


async def _grpc(wanted: argparse.Namespace) -> Ask:
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
    channel = grpc.aio.insecure_channel(wanted.address, options=options)
    await channel.channel_ready()
    call, message = channel.unary_unary(wanted.path), wanted.body.read_bytes()[5:]
    metadata = [header for header in _headers(wanted) if header[0] == "authorization"]

    async def ask() -> int:
        try:
            await call(message, metadata=metadata, timeout=_LIMIT)
        except grpc.aio.AioRpcError:
            return 500
        return 200

    return ask


async def _rest(wanted: argparse.Namespace) -> Ask:
    host, _, port = wanted.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = wanted.body.read_bytes()
    lines = [f"{'POST' if body else 'GET'} {wanted.path} HTTP/1.1", f"host: {wanted.address}"]
    lines += [f"{name}: {value}" for name, value in _headers(wanted)]
    request = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body

    async def ask() -> int:
        writer.write(request)
        async with asyncio.timeout(_LIMIT):
            return await _answer(reader)

    return ask


async def _answer(reader: asyncio.StreamReader) -> int:
    """Reads one answer of HTTP/1.1 to its end; returns its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    if "transfer-encoding: chunked" in head:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    else:
        length = head.partition("content-length:")[2].split("\r\n", 1)[0]
        await reader.readexactly(int(length or 0))
    return status


def _headers(wanted: argparse.Namespace) -> list[tuple[str, str]]:
    split = (header.partition(": ") for header in wanted.header)
    return [(name, value) for name, _, value in split]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("path")
    parser.add_argument("--protocol", choices=("grpc", "rest", "rest2"), required=True)
    parser.add_argument("--body", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--callers", type=int, required=True)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--header", action="append", default=[])
    return parser.parse_args()


if __name__ == "__main__":
    main()
