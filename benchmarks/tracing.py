"""What our telemetry costs a call: the door with and without it, in this process, with no network in between.

The rest of the door – deadline, token, scope, validation, metrics – is the same in all, and shown as `door.cpu`.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry
from qpo.portfolio.v1 import portfolio_service_pb2 as pb

from benchmarks.figures import Figure
from benchmarks.program import free_port, running
from benchmarks.scale import Scale
from chassis import otlp
from chassis.authentication import Authenticator
from chassis.budgets import Budgets, CallLimits
from chassis.calls import Calls
from chassis.door import Door
from chassis.errors import ErrorTable
from chassis.handlers import handler
from chassis.house import House, Limits
from chassis.keys import StaticKeys
from chassis.logging import Log, replace
from chassis.methods import methods_of
from chassis.metrics import Metrics
from chassis.statements import traced
from chassis.telemetry import Telemetry, attach, detach
from chassis.validation import Validation

CALLS = 500  # of one stretch; fewer than a batch processor holds, so that it drops none
STRETCHES = 20  # per round
ISSUER, AUDIENCE = "https://auth.qpo", "qpo"
_STATEMENT = SimpleNamespace(query="SELECT a FROM b WHERE c = $1", elapsed=0.001, exception=None)
_PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"

Serve = Callable[[bytes, "Transport"], Coroutine[Any, Any, bytes]]


class Forgets(SpanExporter):
    """Takes spans and keeps none."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - the SDK's name
        """Takes them."""
        return SpanExportResult.SUCCESS


class Transport:
    """What grpc hands a handler, as far as a call that succeeds touches it."""

    def __init__(self, metadata: Sequence[tuple[str, str]]) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> Sequence[tuple[str, str]]:
        """The call's headers."""
        return self._metadata

    def time_remaining(self) -> float | None:
        """No deadline: the default is used."""
        return None


def figures(scale: Scale) -> Iterator[Figure]:
    """CPU of the door without traces, and what traces add: not sampled, sampled, and sampled with export over OTLP."""
    before = replace(Log(lambda _: None, logging.WARNING))
    with ExitStack() as stack:
        folder, port = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qpo-bench-"))), free_port()
        stack.enter_context(running("benchmarks.sink", port, folder / "sink.log", {}, str(port)))
        found = asyncio.run(_rounds(scale.rounds, port))
    replace(before)
    yield Figure("door.cpu", 1e6 * statistics.median(found["off"]), "us")
    for kind in ("unsampled", "sampled", "exported"):
        added = statistics.median(on - off for on, off in zip(found[kind], found["off"], strict=True))
        yield Figure(f"tracing.{kind}", 1e6 * added, "us")
    yield Figure("tracing.statement", 1e6 * statistics.median(_of_a_statement() for _ in range(scale.rounds)), "us")


def _of_a_statement() -> float:
    """Seconds of CPU that a statement's span takes, from asyncpg's hook to the batch that it waits in."""
    batch = BatchSpanProcessor(Forgets())
    telemetry = Telemetry("bench", "", [batch])
    span = telemetry.begin("/a/b", {"traceparent": _PARENT + "01"}).span
    assert span is not None
    token = attach(span)
    try:
        began = time.process_time()
        for _ in range(CALLS):
            traced(_STATEMENT)
        batch.force_flush()
        return (time.process_time() - began) / CALLS
    finally:
        detach(token)
        telemetry.close()


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to trace: the service's telemetry, the flags that its callers send, and what holds spans back."""

    telemetry: Telemetry
    flags: str
    batch: BatchSpanProcessor | None = None


def _kinds(port: int) -> dict[str, Kind]:
    silent = BatchSpanProcessor(Forgets())
    exporting = BatchSpanProcessor(otlp.SpanExporter(endpoint=f"127.0.0.1:{port}", insecure=True))
    return {
        "off": Kind(Telemetry("bench"), "01"),
        "unsampled": Kind(Telemetry("bench", "", [silent]), "00", silent),
        "sampled": Kind(Telemetry("bench", "", [silent]), "01", silent),
        "exported": Kind(Telemetry("bench", "", [exporting]), "01", exporting),
    }


async def _rounds(rounds: int, port: int) -> dict[str, list[float]]:
    """Seconds of CPU per call, by kind and round; the kinds take turns."""
    kinds, key = _kinds(port), Ed25519PrivateKey.generate()
    served = {name: _served(kind.telemetry, StaticKeys({"bench": key.public_key()})) for name, kind in kinds.items()}
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(rounds + 1):
        for name, kind in kinds.items():
            transport = Transport((("authorization", f"Bearer {_token(key)}"), ("traceparent", _PARENT + kind.flags)))
            used = [await _stretch(served[name], transport, kind.batch) for _ in range(STRETCHES)]
            if turn:  # the first is the warm-up
                found[name].append(statistics.median(used))
    for kind in kinds.values():
        await asyncio.to_thread(kind.telemetry.close)
    return found


async def _stretch(serve: Serve, transport: Transport, batch: BatchSpanProcessor | None) -> float:
    """Seconds of CPU per call, the exporter's thread included."""
    body = pb.GetPortfolioRequest(portfolio_id=str(uuid4())).SerializeToString()
    began = time.process_time()
    for _ in range(CALLS):
        # A task of its own, as grpc makes one per call.
        await asyncio.ensure_future(serve(body, transport))
    if batch is not None:
        batch.force_flush()
    return (time.process_time() - began) / CALLS


def _served(telemetry: Telemetry, keys: StaticKeys) -> Serve:
    """GetPortfolio behind a real door, answered at once."""
    service = pb.DESCRIPTOR.services_by_name["PortfolioService"]
    method = next(method for method in methods_of(service) if method.name == "GetPortfolio")
    budgets = Budgets(CallLimits(reads="9999999 per second"), CollectorRegistry())
    house = House(
        Authenticator(keys, ISSUER, AUDIENCE),
        Validation(),
        telemetry,
        Metrics(),
        Limits(unary=10.0, compute=60.0, stream=300.0, age=900.0),
        budgets,
    )
    served: Serve = handler(Door(method, ErrorTable("bench", {}), house, Calls()), _answer).unary_unary
    return served


async def _answer(_request: Any) -> bytes:
    return b""


def _token(key: Ed25519PrivateKey) -> str:
    """An access token as auth signs them."""
    now = time.time()
    who = {"sub": str(uuid4()), "tid": str(uuid4()), "jti": str(uuid4()), "scopes": ["read:portfolio"], "roles": []}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 900, "tier": "free", **who}
    return jwt.encode(claims, key, "EdDSA", {"typ": "at+jwt", "kid": "bench"})
