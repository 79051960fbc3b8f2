"""How each error of the domain is told; the only place of this service that names a status code."""

from __future__ import annotations

from grpc import StatusCode

from chassis.errors import Answer, ErrorTable
from services.auth.domain.errors import (
    AccountDisabled,
    AlreadyBootstrapped,
    BadCredentials,
    BootstrapSecretWrong,
    CursorInvalid,
    EmailTaken,
    EtagMismatch,
    HeadForged,
    Overloaded,
    OwnAccount,
    RefreshTokenInvalid,
    TokenSuperseded,
    TooFewMinutes,
    TooManyAttempts,
    UserNotFound,
    WeakPassword,
)


def error_table() -> ErrorTable:
    """The table of ErrorInfo's domain `auth.qpo`."""
    return ErrorTable(
        "auth.qpo",
        {
            BadCredentials: lambda _: Answer(StatusCode.UNAUTHENTICATED, "BAD_CREDENTIALS"),
            AccountDisabled: lambda _: Answer(StatusCode.PERMISSION_DENIED, "ACCOUNT_DISABLED"),
            OwnAccount: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "OWN_ACCOUNT"),
            EmailTaken: lambda _: Answer(StatusCode.ALREADY_EXISTS, "EMAIL_TAKEN"),
            WeakPassword: _weak_password,
            RefreshTokenInvalid: lambda _: Answer(StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID"),
            TokenSuperseded: lambda _: Answer(StatusCode.UNAUTHENTICATED, "TOKEN_SUPERSEDED"),
            AlreadyBootstrapped: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "ALREADY_BOOTSTRAPPED"),
            BootstrapSecretWrong: lambda _: Answer(StatusCode.PERMISSION_DENIED, "BOOTSTRAP_SECRET_WRONG"),
            UserNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "USER_NOT_FOUND"),
            HeadForged: lambda _: Answer(StatusCode.DATA_LOSS, "AUDIT_HEAD_FORGED"),
            EtagMismatch: lambda _: Answer(StatusCode.ABORTED, "ETAG_MISMATCH"),
            CursorInvalid: _cursor_invalid,
            TooFewMinutes: lambda e: Answer(
                StatusCode.FAILED_PRECONDITION,
                "TOO_FEW_MINUTES",
                metadata={"minutes": str(e.minutes), "needed": str(e.needed)},
            ),
            Overloaded: lambda e: _later(e, "OVERLOADED"),
            TooManyAttempts: lambda e: _later(e, "TOO_MANY_ATTEMPTS"),
        },
    )


def _weak_password(error: WeakPassword) -> Answer:
    return Answer(StatusCode.INVALID_ARGUMENT, "WEAK_PASSWORD", violations=[("password", str(error))])


def _cursor_invalid(error: CursorInvalid) -> Answer:
    return Answer(StatusCode.INVALID_ARGUMENT, "CURSOR_INVALID", violations=[("cursor", str(error))])


def _later(error: Overloaded | TooManyAttempts, reason: str) -> Answer:
    return Answer(StatusCode.RESOURCE_EXHAUSTED, reason, retry_after=error.retry_after)
