"""The door that every call passes: trace, deadline, authentication, scope – and on the way out, the one error path."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.rpc import error_details_pb2, status_pb2

from chassis import context, telemetry
from chassis.authentication import bearer, missing
from chassis.calls import Calls
from chassis.context import Call
from chassis.errors import (
    Answer,
    DeadlineExceeded,
    Draining,
    ErrorTable,
    PeerUnavailable,
    ScopeMissing,
    TooManyCalls,
    Unauthenticated,
    cancelled_status,
    code_of,
    is_internal,
    name_of,
)
from chassis.house import House
from chassis.injections import Injections
from chassis.logging import logger
from chassis.methods import Admission, Method
from chassis.status import retry_seconds
from chassis.telemetry import Trace

_TICK = 0.05  # seconds: a caller's timer may ring that much earlier than ours
_WRITING = 1.0  # seconds that whoever writes refusals down may take
_DETAILS = "grpc-status-details-bin"

Refused = Callable[[Method, Answer], Awaitable[None]]  # is told what was refused and how, in the refused call's context


@dataclass(slots=True)
class Visit:
    """One call on its way through a door."""

    call: Call
    authorizations: Sequence[str]
    seconds: float  # until it is ended for it
    trace: Trace
    token: Any  # gives the span's place back; none without a span
    started: float


class Door:
    """Lets the calls of one method in, and tells their end to the caller, the log, the metrics and the trace."""

    def __init__(
        self, method: Method, errors: ErrorTable, house: House, calls: Calls, refused: Refused | None = None
    ) -> None:
        self.method = method
        self._errors = errors
        self._house = house
        self._calls = calls
        self._refused = refused
        # What a client streams is measurements in bulk, and looked at by who takes it in.
        self._injections = None if method.client_streaming else Injections.of(method, house)
        self._budget = house.budgets.of(method)

    async def passed(self, transport: Any, work: Callable[[], Awaitable[Any]]) -> Any:
        """Does `work` as the caller and returns what it returns; ends the RPC with a status if it fails."""
        visit = self._entered(transport)
        reply, status, error = None, None, None
        try:
            reply = await self._worked(visit, transport, work)
        except asyncio.CancelledError:
            status = self._cancelled(visit.call)
            # Cancelled by the drain: the caller is still there and is told. Otherwise nobody listens any more.
            if not visit.call.drained:
                raise
        except Exception as raised:
            status, error = self._errors.status(raised), raised
            await self._written_down(raised)
        finally:
            self._left(visit, status, error)
        if status is not None:
            await _refuse(transport, status, visit.call.trace_id)
        return reply

    async def _worked(self, visit: Visit, transport: Any, work: Callable[[], Awaitable[Any]]) -> Any:
        try:
            async with asyncio.timeout(visit.seconds) as limit:
                self._calls.begin(visit.call)
                if self._house.callers is not None:
                    visit.call.caller = self._house.callers.admit(self.method.path, transport)
                await self._admit(visit.call, visit.authorizations)
                return await work()
        except Exception as raised:
            if limit.expired():
                raise DeadlineExceeded("the deadline passed") from raised
            raise

    async def _written_down(self, error: Exception) -> None:
        """Tells whoever writes refusals down; that they cannot changes nothing of the answer.

        Of calls that were too many they are told once in a window.
        """
        if isinstance(error, TooManyCalls) and not error.is_first:
            return
        answer = None if self._refused is None else self._errors.answer(error)
        if self._refused is None or answer is None or not answer.reason:
            return
        try:
            async with asyncio.timeout(_WRITING):
                await self._refused(self.method, answer)
        except Exception as failure:
            logger().error("refusal_not_written_down", reason=answer.reason, exc_info=failure)

    def _entered(self, transport: Any) -> Visit:
        started = time.perf_counter()
        headers, authorizations = _headers(transport.invocation_metadata())
        trace = self._house.telemetry.begin(self.method.path, headers)
        call, seconds = self._call(headers, trace, transport.time_remaining())
        context.enter(call)
        token = None if trace.span is None else telemetry.attach(trace.span)
        return Visit(call, authorizations, seconds, trace, token, started)

    def _left(self, visit: Visit, status: status_pb2.Status | None, error: BaseException | None) -> None:
        visit.call.end()
        self._calls.end(visit.call)
        self._note(visit, status, error)
        if visit.token is not None:
            telemetry.detach(visit.token)

    def _call(self, headers: dict[str, str], trace: Trace, remaining: float | None) -> tuple[Call, float]:
        limits = self._house.limits
        seconds = limits.default(self.method) if remaining is None else remaining
        endless = self.method.endless
        call = Call(
            method=self.method.path,
            metadata=headers,
            deadline=None if endless and remaining is None else time.monotonic() + seconds,
            max_age=limits.age if endless else None,
            trace_id=trace.trace_id,
            trace_headers=trace.carried,
            task=asyncio.current_task(),
        )
        return call, seconds

    async def _admit(self, call: Call, authorizations: Sequence[str]) -> None:
        """Finds out who calls, and whether they may and not too often; an open method looks at a token, if any."""
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
        if self._budget is not None and context.INNER not in call.metadata:
            self._budget.take(call.principal.user_id)
        if self.method.admission is Admission.SCOPE and not call.principal.may(self.method.scope):
            raise ScopeMissing(self.method.scope)

    def _cancelled(self, call: Call) -> status_pb2.Status:
        """Says why a cancelled call ended: by the drain, by its deadline, or by a caller who went away."""
        if call.drained:
            if call.task is not None:
                call.task.uncancel()
            return self._errors.status(Draining("this server is stopping; resume on another connection"))
        if call.deadline is not None and call.deadline - time.monotonic() < _TICK:
            return self._errors.status(DeadlineExceeded("the deadline passed"))
        return cancelled_status()

    def _note(self, visit: Visit, status: status_pb2.Status | None, error: BaseException | None) -> None:
        """Leaves one line in the log, one count in the metrics and one span in the trace."""
        code, seconds = name_of(status), time.perf_counter() - visit.started
        who = "" if visit.call.principal is None else visit.call.principal.user_id
        note: dict[str, Any] = {"code": code, "ms": round(seconds * 1000, 2), "principal": who}
        if visit.call.caller:
            note["caller"] = visit.call.caller
        if error is not None and status is not None and is_internal(status):
            logger().error("call", **note, exc_info=error)
        else:
            logger().info("call", **note)
        self._house.metrics.count(self.method.kind, self.method.path, code)
        if self._house.watch is not None:
            self._house.watch.left(visit.call, self.method, code)
        if not self.method.server_streaming:
            self._house.metrics.observe(self.method.path, seconds)
        if visit.trace.span is not None:
            telemetry.finish(visit.trace.span, code, error)

    def observe_first(self, seconds: float) -> None:
        """Records the time to a stream's first message."""
        self._house.metrics.observe(self.method.path, seconds)

    def decode(self, body: bytes) -> Any:
        """Returns the request in `body`; raises InvalidRequest, FieldNotMutable."""
        call = context.current()
        if call is not None:
            call.received += len(body)
        request = self._house.validation.decode(self.method, body)
        if self._injections is not None:
            self._injections.look(call, request)
        return request


async def _refuse(transport: Any, status: status_pb2.Status, trace_id: str) -> None:
    """Ends the RPC; a fault of ours tells the trace id, by which its lines in the logs are found.

    When to come again is told by a header besides, since HTTP has one for it.
    """
    if name_of(status) in telemetry.SERVER_FAULTS:
        status.details.add().Pack(error_details_pb2.RequestInfo(request_id=trace_id))
    details: list[tuple[str, str | bytes]] = [(_DETAILS, status.SerializeToString())]
    seconds = retry_seconds(status)
    if seconds is not None:
        details.append(("retry-after", str(math.ceil(seconds))))
    await transport.abort(code_of(status), status.message, tuple(details))


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
