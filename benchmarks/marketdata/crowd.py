# ruff: noqa: ARG001, ARG002 - stand-ins answer whatever they are asked
"""A server of ticks with a crowd of subscribers, in a process of its own: ours, or one as others would write it.

All kinds look through the same view of the same board, 500 symbols each of which moves 10 times a second, 5 frames a
second. They differ in what becomes of a frame: `qpo` is our service with its door (token, deadline, metrics, trace),
`sse_shared` sends the same encoded bytes as server-sent events by uvicorn, `sse_json` encodes JSON for each subscriber,
`grpc_each` is a bare grpc.aio handler that makes and encodes the message for each.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
import jwt
import psutil
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from qpo.marketdata.v1 import marketdata_service_pb2 as pb

from chassis.collector import settle
from chassis.keys import StaticKeys
from chassis.loop import Loop
from chassis.paging import PageTokens
from chassis.serve import Server, Service
from chassis.settings import ServiceSettings
from services.marketdata.adapters.timer_asyncio import AsyncioTimer
from services.marketdata.app.hub import Hubs, Look
from services.marketdata.app.ports import Member
from services.marketdata.app.subscribe_ticks import SubscribeTicks
from services.marketdata.domain.dataset import Caller, Dataset, Visibility
from services.marketdata.domain.ticks import Batch, FeedState, Frame, Newest, Position, Tick
from services.marketdata.domain.view import SharedFrame
from services.marketdata.rpc import codec_ticks
from services.marketdata.rpc.errors import ERRORS
from services.marketdata.rpc.servicer import MarketDataServicer

KINDS = ("qpo", "sse_shared", "sse_json", "grpc_each")
SYMBOLS, UPDATES, FRAMES = 500, 10, 5  # how many, and per second
METHOD = "/qpo.marketdata.v1.MarketDataService/SubscribeTicks"
_USER = "01987f6c-0000-7000-8000-000000000001"
_DATASET = Dataset(
    "01987f6c-0000-7000-8000-0000000000da", "live", _USER, _USER, Visibility.PRIVATE, datetime(2026, 1, 1, tzinfo=UTC)
)
_LOOK = Look(frozenset(), FRAMES, frozenset())
_PATIENCE = 30.0  # seconds for all to attach


@dataclass(slots=True)
class Pulse:
    """A bus that moves every symbol so many times a second."""

    version: int = 0
    ticks: dict[str, Tick] = field(default_factory=dict)

    async def load(self, dataset_id: str) -> FeedState:
        """What there is."""
        newest = {symbol: Newest(self.version, tick) for symbol, tick in self.ticks.items()}
        return FeedState(Position("pulse", self.version), newest, [])

    @asynccontextmanager
    async def follow(self, dataset_id: str) -> AsyncIterator[Pulse]:
        """This."""
        yield self

    async def behind(self, position: Position) -> Sequence[Batch]:
        """The next move of all symbols."""
        now = time.time()
        await asyncio.sleep(1 / UPDATES - now % (1 / UPDATES))
        self.version += 1
        moment = datetime.now(UTC)
        for number in range(SYMBOLS):
            symbol = f"S{number:03d}"
            price = 100.0 + (number * 37 + self.version) % 1000 / 100
            self.ticks[symbol] = Tick(symbol, price, moment.date(), moment, self.version)
        return [Batch("pulse", self.version, tuple(self.ticks.values()))]


@dataclass(slots=True)
class Owned:
    """One dataset, its owner's."""

    async def find(self, caller: Caller, dataset: str) -> Dataset:
        """It."""
        return _DATASET

    async def members(self, dataset: Dataset, symbols: Sequence[str]) -> list[Member]:
        """None is asked for by name."""
        return []


@dataclass(slots=True)
class Count:
    """Who has attached, and what was sent."""

    attached: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu` in s of the whole process over `seconds`; memory in bytes, before the crowd and with it."""

    attached: int
    attaching: float
    cpu: float
    seconds: float
    frames: int
    memory: int

    @property
    def per_tick(self) -> float:
        """CPU in µs per tick delivered."""
        return 1e6 * self.cpu / (self.frames * SYMBOLS)


async def _counted(frames: AsyncGenerator[Any, None], count: Count) -> AsyncGenerator[Any, None]:
    first = True
    async for frame in frames:
        count.attached, first = count.attached + first, False
        count.frames += 1
        yield frame


def _subscription() -> SubscribeTicks:
    timer = AsyncioTimer()
    hubs = Hubs(Pulse(), timer, 64, 15.0, 10.0)  # type: ignore[arg-type]
    return SubscribeTicks(Owned(), hubs, timer, 1_000_000)  # type: ignore[arg-type]


def _frames(use: SubscribeTicks, count: Count) -> AsyncGenerator[SharedFrame, None]:
    return _counted(use.frames(Caller(_USER, _USER), _DATASET, _LOOK, None, 900.0), count)


def _encoded(frame: Frame) -> bytes:
    return codec_ticks.to_frame(frame, f"{frame.position.epoch}/{frame.position.version}", ())


async def _qpo(count: Count) -> tuple[int, str]:
    """Our service as it is deployed, but for the stores."""

    @dataclass
    class Use:
        subscribe_ticks: SubscribeTicks

    class Counted(MarketDataServicer):
        def subscribe_ticks(self, request: pb.SubscribeTicksRequest) -> AsyncIterator[bytes]:
            return _counted(super().subscribe_ticks(request), count)  # type: ignore[arg-type]

    private = Ed25519PrivateKey.generate()
    given: dict[str, Any] = {"port": 0, "metrics_port": 0, "auth_address": "unix:/nowhere", "log_level": "error"}
    settings = ServiceSettings(**given)
    servicer = Counted(Use(_subscription()), PageTokens(os.urandom(32)))  # type: ignore[arg-type]
    contract = pb.DESCRIPTOR.services_by_name["MarketDataService"]
    server = Server(settings, [Service(contract, servicer, ERRORS)], StaticKeys({"bench": private.public_key()}))
    port = await server.start()
    settle()
    await server.open()
    _KEPT.append(server)
    return port, _token(settings, private)


def _token(settings: ServiceSettings, private: Ed25519PrivateKey) -> str:
    now = time.time()
    claims: dict[str, Any] = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": _USER,
        "tid": _USER,
        "roles": ["user"],
    }
    claims |= {"scopes": ["read:marketdata"], "tier": "free", "ver": 1, "jti": _USER, "typ": "at+jwt"}
    headers = {"kid": "bench", "typ": "at+jwt"}
    return jwt.encode(claims | {"iat": now, "exp": now + 900}, private, algorithm="EdDSA", headers=headers)


async def _grpc_each(count: Count) -> tuple[int, str]:
    use = _subscription()

    async def subscribe(request: bytes, context: Any) -> AsyncIterator[bytes]:
        async for shared in _frames(use, count):
            yield _encoded(shared.frame)

    handlers = {"SubscribeTicks": grpc.unary_stream_rpc_method_handler(subscribe)}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(METHOD.split("/")[1], handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _KEPT.append(server)
    return port, ""


async def _sse(count: Count, *, shared: bool) -> tuple[int, str]:
    import uvicorn

    use = _subscription()

    def as_json(frame: Frame) -> bytes:
        ticks = [
            {"symbol": t.symbol, "price": t.price, "at": t.occurred_at.isoformat(), "seq": t.seq} for t in frame.ticks
        ]
        return json.dumps({"ticks": ticks, "conflated": frame.conflated}).encode()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for frame in _frames(use, count):
            event = frame.once(_event) if shared else b"data: " + as_json(frame.frame) + b"\n\n"
            await send({"type": "http.response.body", "body": event, "more_body": True})

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off", http="httptools")
    server = uvicorn.Server(config)
    _KEPT.append(asyncio.create_task(server.serve()))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    return server.servers[0].sockets[0].getsockname()[1], ""


def _event(frame: Frame) -> bytes:
    return b"data: " + _encoded(frame) + b"\n\n"


_KEPT = list[Any]()  # what must live as long as the process


async def serve(kind: str, crowd: int, seconds: float) -> None:
    """Says where it listens, waits for the crowd, measures, says what, and ends."""
    count, process = Count(), psutil.Process()
    starters = {"qpo": _qpo, "grpc_each": _grpc_each}
    shared = kind == "sse_shared"
    port, token = await (starters[kind](count) if kind in starters else _sse(count, shared=shared))
    sys.stdout.write(json.dumps({"port": port, "token": token}) + "\n")
    sys.stdout.flush()
    began = time.monotonic()
    while count.attached < crowd and time.monotonic() - began < _PATIENCE:  # noqa: ASYNC110 - the way is measured
        await asyncio.sleep(0.05)
    attaching = time.monotonic() - began
    await asyncio.sleep(1.0)
    frames, used, begin = count.frames, _cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    taken = (time.monotonic() - begin, count.frames - frames)
    measured = Measured(count.attached, attaching, _cpu() - used, *taken, process.memory_info().rss)
    sys.stdout.write(json.dumps(asdict(measured)) + "\n")
    sys.stdout.flush()
    os._exit(0)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    loop = Loop if sys.argv[1] == "qpo" else uvloop.new_event_loop
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])), loop_factory=loop)
