"""The tape: a stream of ticks that goes on behind its cursor, and what it has shown so far."""

import time
from collections.abc import Generator, Sequence
from typing import Any

import grpc
from qpo.marketdata.v1.marketdata_service_pb2 import SubscribeTicksRequest, SubscribeTicksResponse
from qpo.marketdata.v1.prices_pb2 import Tick
from rich.console import RenderableType
from rich.text import Text

from clients.cli.connection import Edge
from clients.cli.output import day, grid

_LONGEST = 24 * 3600.0


class Tape:
    """What a stream of ticks has shown so far: the newest tick per symbol, and how many there were."""

    def __init__(self) -> None:
        self.newest: dict[str, Tick] = {}
        self.first: dict[str, float] = {}
        self.ticks = 0
        self.messages = 0
        self.conflated = 0

    def take(self, frame: SubscribeTicksResponse) -> None:
        """Reads one message. A snapshot says where prices stand; only deltas count as ticks that happened."""
        self.messages += 1
        self.conflated += frame.conflated
        self.ticks += 0 if frame.snapshot else len(frame.ticks)
        for tick in frame.ticks:
            self.first.setdefault(tick.symbol, tick.price)
            self.newest[tick.symbol] = tick

    def table(self) -> RenderableType:
        """The newest price of each symbol, and how far it has come since the stream began."""
        rows = [
            (symbol, f"{tick.price:,.4f}", _move(tick.price / self.first[symbol] - 1), day(tick.session))
            for symbol, tick in sorted(self.newest.items())
        ]
        return grid(("symbol", ">price", ">since the start", "session"), rows, note=self.summary())

    def summary(self) -> str:
        """One line of counts."""
        spared = f", {self.conflated:,} overtaken" if self.conflated else ""
        return f"{self.ticks:,} ticks of {len(self.newest)} symbols in {self.messages:,} messages{spared}"


def frames(
    edge: Edge, dataset: str, symbols: Sequence[str], until: float | None, rate: float = 0.0
) -> Generator[SubscribeTicksResponse, None, None]:
    """Ticks until `until` (monotonic seconds; None: without end), `rate` messages a second at most; see `resumed`."""
    request = SubscribeTicksRequest(dataset=dataset, symbols=symbols, max_rate=rate)
    yield from resumed(edge.marketdata.SubscribeTicks, request, until)


def resumed(subscribe: Any, request: Any, until: float | None) -> Generator[Any, None, None]:
    """A subscription's messages. A stream that the server ends, because it has grown old or the server restarts, is
    taken up again behind its last cursor.
    """
    while until is None or time.monotonic() < until:
        left = _LONGEST if until is None else until - time.monotonic()
        stream, before = subscribe(request, timeout=left), request.cursor
        try:
            for message in stream:
                request.cursor = message.cursor
                yield message
        except grpc.RpcError as error:
            if not _may_go_on(error, until, advanced=request.cursor != before):
                raise
        finally:
            stream.cancel()


def _may_go_on(error: grpc.RpcError, until: float | None, *, advanced: bool) -> bool:
    """True if the time that was asked for is over, or a stream that had brought something was cut."""
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return until is not None or advanced
    return advanced and error.code() is grpc.StatusCode.UNAVAILABLE


def _move(change: float) -> Text:
    return Text(f"{change * 100:+.2f} %", "green" if change >= 0 else "red")
