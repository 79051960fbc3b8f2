"""The one place where an error becomes an answer.

A service hands over one table, error class → Answer. What every service shares stands here. Whatever nobody
named becomes INTERNAL without its text, since an error's text is written for us and not for a caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import status_pb2

from chassis.idempotency import RequestIdReused
from chassis.paging import PageTokenInvalid
from chassis.status import gives_reason, status_of

Violation = tuple[str, str]
Rule = Callable[[Any], "Answer"]

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_RETRY_AFTER = 1.0  # seconds
TOO_MANY_CALLS = "TOO_MANY_CALLS"


@dataclass(frozen=True)
class Answer:
    """What a refused caller is told.

    `reason` is the contract's ErrorReason without its prefix; empty where the code says everything.
    `violations` are (field, how to mend it); `preconditions` (type, subject, description); `retry_after` seconds.
    `resource`, e.g. `dataset:<id>`, is for the audit trail and told to nobody.
    """

    code: grpc.StatusCode
    reason: str
    message: str | None = None  # str(error) if None
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: Sequence[Violation] = ()
    preconditions: Sequence[tuple[str, str, str]] = ()
    retry_after: float | None = None
    resource: str = ""


class InvalidRequest(Exception):
    """The request breaks rules of its contract; raised while decoding, with every violation at once."""

    def __init__(self, violations: Sequence[Violation], message: str | None = None) -> None:
        self.violations = tuple(violations)
        super().__init__(message or _summary(self.violations))


class FieldNotMutable(Exception):
    """A mask names what an update can't change."""

    def __init__(self, mask: str, path: str, admitted: Sequence[str]) -> None:
        self.mask, self.path = mask, path
        super().__init__(f"`{path}` can't be updated: name {', '.join(admitted)} or parts of these")


class Unauthenticated(Exception):
    """No access token, or one that does not count."""


class ScopeMissing(Exception):
    """The access token lacks a scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"this needs an access token with the scope {scope}")


class CallerRefused(Exception):
    """The peer's certificate is not one that may call this method."""


class TooManyCalls(Exception):
    """A principal has called a method more often than one may; the first time in a while, or once more."""

    def __init__(self, limit: str, retry_after: float, *, is_first: bool) -> None:
        """`limit` is e.g. `600 per minute`; `retry_after` in seconds."""
        super().__init__(f"you have called this too often: one may {limit}; come again in {retry_after:.1f} s")
        self.limit, self.retry_after, self.is_first = limit, retry_after, is_first


class DeadlineExceeded(Exception):
    """The caller's time, or the default, is used up."""


class Draining(Exception):
    """This server is stopping; another will take the call."""


class PeerUnavailable(Exception):
    """A service or store that the call needs does not answer."""


class ErrorTable:
    """Translates the errors of one service; `domain` is ErrorInfo's, e.g. `portfolio.qpo`."""

    def __init__(self, domain: str, rules: Mapping[type[Exception], Rule]) -> None:
        self.domain = domain
        self._rules: dict[type, Rule] = {**_shared(), **_database()}
        self._rules.update(rules)

    def answer(self, error: BaseException) -> Answer | None:
        """Returns the answer for the most special class that a rule names, None if no rule does."""
        for cls in type(error).__mro__:
            rule = self._rules.get(cls)
            if rule is not None:
                return rule(error)
        return None

    def status(self, error: BaseException) -> status_pb2.Status:
        """Returns what the caller is told, which may also be kept in the row of a failed job."""
        answer = self.answer(error)
        if answer is None:
            return status_pb2.Status(code=grpc.StatusCode.INTERNAL.value[0], message="internal error")
        return status_of(self.domain, answer, error)


def code_of(status: status_pb2.Status) -> grpc.StatusCode:
    """Returns the status's code as grpc's enum."""
    return _CODES[status.code]


def name_of(status: status_pb2.Status | None) -> str:
    """Returns the code's name, `OK` for None."""
    return "OK" if status is None else str(_CODES[status.code].name)


def is_internal(status: status_pb2.Status) -> bool:
    """Tells whether the error is ours to mend, and must be logged with its trace."""
    return bool(status.code == grpc.StatusCode.INTERNAL.value[0])


def cancelled_status() -> status_pb2.Status:
    """Returns the status of a call whose caller went away."""
    return status_pb2.Status(code=grpc.StatusCode.CANCELLED.value[0], message="the caller went away")


def _shared() -> dict[type, Rule]:
    code = grpc.StatusCode
    return {
        InvalidRequest: lambda e: Answer(code.INVALID_ARGUMENT, "INVALID_REQUEST", violations=e.violations),
        PageTokenInvalid: lambda _: Answer(
            code.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            violations=[("page_token", "pass next_page_token as it was given, with the same filter; or none")],
        ),
        RequestIdReused: lambda _: Answer(
            code.ALREADY_EXISTS,
            "REQUEST_ID_REUSED",
            violations=[("request_id", "use a new one for another request; repeat the same body to get its answer")],
        ),
        FieldNotMutable: lambda e: Answer(
            code.INVALID_ARGUMENT, "FIELD_NOT_MUTABLE", metadata={"path": e.path}, violations=[(e.mask, str(e))]
        ),
        Unauthenticated: lambda _: Answer(code.UNAUTHENTICATED, "UNAUTHENTICATED"),
        ScopeMissing: lambda e: Answer(code.PERMISSION_DENIED, "SCOPE_MISSING", metadata={"scope": e.scope}),
        CallerRefused: lambda _: Answer(code.PERMISSION_DENIED, ""),
        TooManyCalls: lambda e: Answer(
            code.RESOURCE_EXHAUSTED, TOO_MANY_CALLS, metadata={"limit": e.limit}, retry_after=e.retry_after
        ),
        DeadlineExceeded: lambda _: Answer(code.DEADLINE_EXCEEDED, ""),
        Draining: lambda _: Answer(code.UNAVAILABLE, "", retry_after=_RETRY_AFTER),
        PeerUnavailable: _unavailable,
        ConnectionError: _unavailable,
        TimeoutError: _unavailable,
        grpc.aio.AioRpcError: _inner,
    }


def _unavailable(_: BaseException) -> Answer:
    message = "a service that this call needs does not answer; try again"
    return Answer(grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", message, retry_after=_RETRY_AFTER)


def _inner(error: Any) -> Answer:
    """A failed inner call that no adapter translated: its code may pass on, its text may not."""
    code = error.code()
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
        return _unavailable(error)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Answer(code, "", "a service that this call needs did not answer in time")
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return Answer(code, "UNAUTHENTICATED", "the access token was refused by a service that this call needs")
    # Without a reason it is this service's certificate that was refused, which is nothing that its caller could mend.
    if code is grpc.StatusCode.PERMISSION_DENIED and gives_reason(error):
        return Answer(code, "SCOPE_MISSING", "the access token lacks a scope that an inner call needs")
    return Answer(grpc.StatusCode.INTERNAL, "", "internal error")


def _database() -> dict[type, Rule]:
    """Rules for asyncpg's errors, for the services that carry it."""
    try:
        import asyncpg
    except ImportError:
        return {}
    return {
        asyncpg.PostgresConnectionError: _unavailable,
        asyncpg.CannotConnectNowError: _unavailable,
        asyncpg.AdminShutdownError: _unavailable,
        asyncpg.CrashShutdownError: _unavailable,
        asyncpg.TooManyConnectionsError: _unavailable,
        asyncpg.InterfaceError: _interface,
        asyncpg.InternalClientError: _interface,
        asyncpg.CharacterNotInRepertoireError: _unstorable,
        asyncpg.UntranslatableCharacterError: _unstorable,
    }


def _interface(error: BaseException) -> Answer:
    """asyncpg's classes for its misuse, which are also those for a connection or pool that was lost under the call."""
    if "clos" in str(error) or "cannot switch to state" in str(error):
        return _unavailable(error)
    return Answer(grpc.StatusCode.INTERNAL, "", "internal error")


def _unstorable(_: BaseException) -> Answer:
    message = "a text contains the character U+0000, which cannot be stored; leave it out"
    return Answer(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", message)


def _summary(violations: Sequence[Violation]) -> str:
    shown = "; ".join(f"{name}: {mend}" if name else mend for name, mend in violations[:3])
    more = len(violations) - 3
    return shown + (f"; and {more} more" if more > 0 else "")
