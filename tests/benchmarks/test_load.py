import asyncio
from dataclasses import replace

import pytest

from benchmarks import load
from benchmarks.calls import get_portfolio
from benchmarks.cell import CountsDiffer, Target, measured
from benchmarks.load import Load, NothingAnswered, Sent, send

TOKEN = "a.b.c"


class Door:
    """An HTTP/1.1 server that answers all requests alike and counts them, good ones as our services do."""

    def __init__(self, status: str = "200 OK", *, counts: bool = True) -> None:
        self.status, self.counts, self.seen = status, counts, []

    async def __aenter__(self) -> "Door":
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_) -> None:
        self._server.close()

    async def _talk(self, reader, writer) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1].decode()
            if path != "/metrics":
                self.seen.append(head.decode().lower())
            body = self._metrics() if path == "/metrics" else b"{}"
            status = "200 OK" if path == "/metrics" else self.status
            writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)

    def _metrics(self) -> bytes:
        count = len(self.seen) if self.counts else 0
        return f'# TYPE api_requests_total counter\napi_requests_total{{endpoint="/x",status="OK"}} {count}\n'.encode()


@pytest.fixture(params=["h2load", "benchmarks.generator"])
def generator(request, monkeypatch) -> str:
    """Both load generators; where there is no h2load, ours twice."""
    if request.param != load.H2LOAD:
        monkeypatch.setattr(load.shutil, "which", lambda _: None)
    return request.param


def a_load(address: str) -> Load:
    return Load(address, get_portfolio("7"), "rest", TOKEN, callers=2, requests=20)


def a_target(door: Door) -> Target:
    return Target(a_load(door.address), {}, [door.address], "/x")


async def test_every_call_is_made_once_and_timed(generator):
    async with Door() as door:
        sent = await asyncio.to_thread(send, a_load(door.address))
    assert (len(door.seen), sent.answered, sent.refused) == (20, 20, 0)
    assert all(f"authorization: bearer {TOKEN}" in head for head in door.seen)
    assert all(head.startswith("get /api/v1/portfolios/7 ") for head in door.seen)
    assert 0 < sent.latencies[0] <= sent.percentile(0.95) <= sent.seconds
    assert sent.cpu > 0


async def test_a_rate_is_kept(generator):
    async with Door() as door:
        sent = await asyncio.to_thread(send, replace(a_load(door.address), rate=20.0))
    assert sent.seconds > 0.8


async def test_a_load_that_nobody_answers_is_an_error(generator):
    async with Door("503 Service Unavailable") as door:
        with pytest.raises(NothingAnswered, match="get_portfolio"):
            await asyncio.to_thread(send, a_load(door.address))


async def test_success_is_what_the_server_counts_and_not_the_status_alone(generator):
    async with Door() as door:
        assert (await asyncio.to_thread(measured, a_target(door))).sent.answered == 20
    async with Door(counts=False) as door:
        with pytest.raises(CountsDiffer, match="20 answered, 0 refused, 0 counted"):
            await asyncio.to_thread(measured, a_target(door))


def test_a_percentile_is_the_latency_within_which_that_share_was_answered():
    sent = Sent([n / 100 for n in range(1, 101)], 0, 1.0, 0.1)
    assert (sent.percentile(0.5), sent.percentile(0.99), sent.percentile(1.0)) == (0.5, 0.99, 1.0)
