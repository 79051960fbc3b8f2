"""The door that every call passes: trace, deadline, authentication, scope – and on the way out, the one error path."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.rpc import error_details_pb2, status_pb2

from chassis import context, telemetry
from chassis.authentication import Authenticator, bearer, missing
from chassis.context import Call
from chassis.errors import (
    DeadlineExceeded,
    Draining,
    ErrorTable,
    PeerUnavailable,
    ScopeMissing,
    Unauthenticated,
    cancelled_status,
    code_of,
    is_internal,
    name_of,
)
from chassis.logging import logger
from chassis.methods import Admission, Method
from chassis.metrics import Metrics
from chassis.telemetry import Telemetry
from chassis.validation import Validation

_AGE_GRACE = 30.0  # seconds by which an endless stream may outlive its age before it is ended for it
_TICK = 0.05  # seconds: a caller's timer may ring that much earlier than ours
_DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds given to calls whose caller states no deadline."""

    unary: float
    stream: float
    age: float

    def default(self, method: Method) -> float:
        """Returns the time limit of `method`."""
        if method.endless:
            return self.age + _AGE_GRACE
        return self.stream if method.client_streaming or method.server_streaming else self.unary


@dataclass(frozen=True, slots=True)
class House:
    """What all doors of one server share."""

    authenticator: Authenticator
    validation: Validation
    telemetry: Telemetry
    metrics: Metrics
    limits: Limits


class Door:
    """Lets the calls of one method in, and tells their end to the caller, the log, the metrics and the trace."""

    def __init__(self, method: Method, errors: ErrorTable, house: House, calls: set[Call]) -> None:
        self.method = method
        self._errors = errors
        self._house = house
        self._calls = calls

    async def passed(self, transport: Any, work: Callable[[Call], Awaitable[Any]]) -> Any:
        """Does `work` as the caller and returns what it returns; ends the RPC with a status if it fails."""
        started = time.perf_counter()
        headers, authorizations = _headers(transport.invocation_metadata())
        span = self._house.telemetry.begin(self.method.path, headers)
        call, seconds = self._call(headers, span, transport.time_remaining())
        context.enter(call)
        token = telemetry.attach(span)
        self._calls.add(call)
        status, error = None, None
        try:
            async with asyncio.timeout(seconds) as limit:
                await self._admit(call, authorizations)
                return await work(call)
        except asyncio.CancelledError:
            # Cancelled by the drain: the caller is still there and is told. Otherwise nobody listens any more.
            status = self._drained() if call.drained else self._gone(call)
            if not call.drained:
                raise
        except Exception as raised:
            error = DeadlineExceeded("the deadline passed") if limit.expired() else raised
            status = self._errors.status(error)
        finally:
            call.end()
            self._calls.discard(call)
            self._note(call, status, error, span, started)
            telemetry.detach(token)
        return await _refuse(transport, status, call.trace_id)

    def _call(self, headers: dict[str, str], span: Any, remaining: float | None) -> tuple[Call, float]:
        limits = self._house.limits
        seconds = limits.default(self.method) if remaining is None else remaining
        endless = self.method.endless
        call = Call(
            method=self.method.path,
            metadata=headers,
            deadline=None if endless and remaining is None else time.monotonic() + seconds,
            max_age=limits.age if endless else None,
            trace_id=telemetry.trace_id_of(span),
            tracer=self._house.telemetry.tracer,
            task=asyncio.current_task(),
        )
        return call, seconds

    async def _admit(self, call: Call, authorizations: Sequence[str]) -> None:
        """Finds out who calls and whether they may; an open method looks at a token but never insists."""
        try:
            token = bearer(authorizations)
            if token is None:
                raise missing()
            call.principal = await self._house.authenticator.principal(token)
            call.access_token = token
        except (Unauthenticated, PeerUnavailable):
            if self.method.admission is not Admission.OPEN:
                raise
            return
        if self.method.admission is Admission.SCOPE and not call.principal.may(self.method.scope):
            raise ScopeMissing(self.method.scope)

    def _drained(self) -> status_pb2.Status:
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        return self._errors.status(Draining("this server is stopping; resume on another connection"))

    def _gone(self, call: Call) -> status_pb2.Status:
        if call.deadline is not None and call.deadline - time.monotonic() < _TICK:
            return self._errors.status(DeadlineExceeded("the deadline passed"))
        return cancelled_status()

    def _note(
        self, call: Call, status: status_pb2.Status | None, error: BaseException | None, span: Any, started: float
    ) -> None:
        """Leaves one line in the log, one count in the metrics and one span in the trace."""
        code = name_of(status)
        seconds = time.perf_counter() - started
        who = "" if call.principal is None else call.principal.user_id
        note: dict[str, Any] = {"code": code, "ms": round(seconds * 1000, 2), "principal": who}
        if error is not None and status is not None and is_internal(status):
            logger().error("call", **note, exc_info=error)
        else:
            logger().info("call", **note)
        self._house.metrics.count(self.method.kind, self.method.path, code)
        if not self.method.server_streaming:
            self._house.metrics.observe(self.method.path, seconds)
        telemetry.finish(span, code, error)

    def observe_first(self, seconds: float) -> None:
        """Records the time to a stream's first message."""
        self._house.metrics.observe(self.method.path, seconds)

    def decode(self, body: bytes) -> Any:
        """Returns the request in `body`; raises InvalidRequest."""
        return self._house.validation.decode(self.method, body)


async def _refuse(transport: Any, status: status_pb2.Status, trace_id: str) -> Any:
    """Ends the RPC; an internal error tells the trace id, by which its line in the log is found."""
    if is_internal(status):
        status.details.add().Pack(error_details_pb2.RequestInfo(request_id=trace_id))
    details = ((_DETAILS, status.SerializeToString()),)
    await transport.abort(code_of(status), status.message, details)


def _headers(metadata: Sequence[tuple[str, Any]] | None) -> tuple[dict[str, str], list[str]]:
    """Splits the request's metadata into the headers that code may see and the authorization values."""
    headers: dict[str, str] = {}
    authorizations: list[str] = []
    for key, value in metadata or ():
        if key == "authorization":
            authorizations.append(value)
        elif isinstance(value, str):
            headers[key] = value
    return headers, authorizations
