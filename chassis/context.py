"""What code may know of the call it works for, without a hand on the transport.

The server enters a `Call` around every request; asyncio hands it to the tasks which the request starts.
A task that outlives its call works on behalf of nobody: enter `bound(...)` in it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from chassis.principal import Principal

INNER = "x-qpo-inner"  # a header of calls that a service makes for its caller; the edge lets none in
_LONGEST_USER_AGENT = 256
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Ending(asyncio.Event):
    """Set once a call is over or is being cancelled.

    A cancelled task knows it before its `finally` blocks run; the flag itself is raised only when they have.
    """

    def __init__(self, task: asyncio.Task[Any] | None) -> None:
        super().__init__()
        self._task = task

    def is_set(self) -> bool:
        """Tells whether the call is over or being cancelled."""
        return super().is_set() or (self._task is not None and self._task.cancelling() > 0)


@dataclass(slots=True, eq=False)
class Call:
    """One call as the chassis keeps it."""

    method: str = ""  # "/package.Service/Method"
    metadata: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    deadline: float | None = None  # on time.monotonic()'s scale, seconds
    max_age: float | None = None  # seconds that an endless stream may last
    principal: Principal | None = None
    caller: str = ""  # the service that its certificate names; empty in clear text
    access_token: str | None = None
    received: int = 0  # bytes of its requests
    resource: str = ""  # what it is about, for the audit trail
    trace_id: str = ""  # 32 hexadecimal digits
    trace_headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)  # of inner calls, where there is no span
    task: asyncio.Task[Any] | None = None
    drained: bool = False  # ended by the server, which is stopping
    ending: Ending | None = None

    def end(self) -> None:
        """Tells whoever waits for the end of this call."""
        if self.ending is not None:
            self.ending.set()


_call: ContextVar[Call | None] = ContextVar("qpo_call", default=None)


def current() -> Call | None:
    """Returns the call that this code works for, None outside of any."""
    return _call.get()


def enter(call: Call) -> None:
    """Makes `call` the present one for the rest of this task."""
    _call.set(call)


@contextmanager
def bound(
    *,
    principal: Principal | None = None,
    access_token: str | None = None,
    deadline: float | None = None,
    method: str = "",
) -> Iterator[Call]:
    """Works on behalf of `principal` inside the block; `deadline` in seconds from now, None for no end."""
    end = None if deadline is None else time.monotonic() + deadline
    call = Call(method=method, deadline=end, principal=principal, access_token=access_token, task=_task())
    token = _call.set(call)
    try:
        yield call
    finally:
        call.end()
        _call.reset(token)


def principal() -> Principal:
    """Returns the caller; raises LookupError if nobody was asked who they are."""
    call = _call.get()
    if call is None or call.principal is None:
        raise LookupError("this call has no principal: its method is open, or there is no call")
    return call.principal


def access_token() -> str | None:
    """Returns the caller's raw bearer token, which inner calls forward."""
    call = _call.get()
    return None if call is None else call.access_token


def deadline_remaining() -> float | None:
    """Returns the seconds left, at least 0; None where nothing limits the call (Subscribe, or no call)."""
    call = _call.get()
    if call is None or call.deadline is None:
        return None
    return max(0.0, call.deadline - time.monotonic())


def max_age() -> float | None:
    """Returns how many seconds an endless stream may last before it must ask its reader to resume."""
    call = _call.get()
    return None if call is None else call.max_age


def cancelled() -> asyncio.Event:
    """Returns an event that is set as soon as the call is cancelled, has expired or is over."""
    call = _call.get()
    if call is None:
        return Ending(None)
    if call.ending is None:
        call.ending = Ending(call.task)
    return call.ending


def method() -> str:
    """Returns the called method, e.g. `/qpo.ml.v1.MlService/EstimateMoments`; empty outside of a call."""
    call = _call.get()
    return "" if call is None else call.method


def peer_metadata() -> Mapping[str, str]:
    """Returns the request's headers without the credentials and the binary ones."""
    call = _call.get()
    return _NOTHING if call is None else call.metadata


def client_address() -> str:
    """Returns the network address of who called the edge; empty for a call that did not come through it.

    The edge appends the address that it sees to whatever the caller claims, so that the last one counts.
    """
    return peer_metadata().get("x-forwarded-for", "").rpartition(",")[2].strip()


def user_agent() -> str:
    """Returns what the caller's program calls itself, at most 256 printable characters."""
    said = peer_metadata().get("user-agent", "")[:_LONGEST_USER_AGENT]
    return "".join(character if character.isprintable() else "?" for character in said)


def about(resource: str) -> None:
    """Tells what the present call is about, e.g. `user:<id>`, for whoever writes down that it was refused."""
    call = _call.get()
    if call is not None:
        call.resource = resource


def resource() -> str:
    """Returns what the present call is about; empty if nobody said it."""
    call = _call.get()
    return "" if call is None else call.resource


def trace_id() -> str:
    """Returns the call's trace id, 32 hexadecimal digits; empty outside of a call."""
    call = _call.get()
    return "" if call is None else call.trace_id


def _task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
