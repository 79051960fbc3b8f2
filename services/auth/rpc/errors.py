"""How each error of the domain is told; the only place of this service that names a status code."""

from __future__ import annotations

from grpc import StatusCode

from chassis.errors import Answer, ErrorTable
from services.auth.domain.errors import (
    AccountDisabled,
    AlreadyBootstrapped,
    ApiKeyInvalid,
    ApiKeyMistyped,
    ApiKeyNotFound,
    BadCredentials,
    BootstrapSecretWrong,
    CursorInvalid,
    EmailTaken,
    EtagMismatch,
    HeadForged,
    InvalidLink,
    LinkNotFound,
    LoginRequired,
    NotAnAdvisor,
    Overloaded,
    OwnAccount,
    RefreshTokenInvalid,
    SecondFactorOff,
    SecondFactorOn,
    SecondFactorRequired,
    SecondFactorWrong,
    TokenSuperseded,
    TooFewMinutes,
    TooManyApiKeys,
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
            SecondFactorRequired: lambda _: Answer(StatusCode.UNAUTHENTICATED, "SECOND_FACTOR_REQUIRED"),
            SecondFactorWrong: lambda _: Answer(StatusCode.UNAUTHENTICATED, "SECOND_FACTOR_WRONG"),
            SecondFactorOn: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "SECOND_FACTOR_ON"),
            SecondFactorOff: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "SECOND_FACTOR_OFF"),
            LoginRequired: lambda _: Answer(StatusCode.PERMISSION_DENIED, "LOGIN_REQUIRED"),
            ApiKeyMistyped: _mistyped,
            ApiKeyInvalid: lambda _: Answer(StatusCode.UNAUTHENTICATED, "API_KEY_INVALID"),
            ApiKeyNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "API_KEY_NOT_FOUND"),
            TooManyApiKeys: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "TOO_MANY_API_KEYS"),
            OwnAccount: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "OWN_ACCOUNT"),
            EmailTaken: lambda _: Answer(StatusCode.ALREADY_EXISTS, "EMAIL_TAKEN"),
            WeakPassword: _weak_password,
            RefreshTokenInvalid: lambda _: Answer(StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID"),
            TokenSuperseded: lambda _: Answer(StatusCode.UNAUTHENTICATED, "TOKEN_SUPERSEDED"),
            AlreadyBootstrapped: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "ALREADY_BOOTSTRAPPED"),
            BootstrapSecretWrong: lambda _: Answer(StatusCode.PERMISSION_DENIED, "BOOTSTRAP_SECRET_WRONG"),
            UserNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "USER_NOT_FOUND"),
            NotAnAdvisor: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "NOT_AN_ADVISOR"),
            LinkNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "LINK_NOT_FOUND"),
            InvalidLink: _invalid_link,
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


def _mistyped(error: ApiKeyMistyped) -> Answer:
    return Answer(StatusCode.INVALID_ARGUMENT, "API_KEY_MISTYPED", violations=[("key", str(error))])


def _invalid_link(error: InvalidLink) -> Answer:
    return Answer(StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", violations=[(error.field, error.fix)])


def _cursor_invalid(error: CursorInvalid) -> Answer:
    return Answer(StatusCode.INVALID_ARGUMENT, "CURSOR_INVALID", violations=[("cursor", str(error))])


def _later(error: Overloaded | TooManyAttempts, reason: str) -> Answer:
    return Answer(StatusCode.RESOURCE_EXHAUSTED, reason, retry_after=error.retry_after)
