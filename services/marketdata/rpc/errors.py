"""Which error is answered how: the one table, and the one place that names a status code."""

from __future__ import annotations

from grpc import StatusCode

from chassis.errors import Answer, ErrorTable
from services.marketdata.domain import errors as e

RETRY_AFTER = 1.0  # seconds


def _invalid(field: str, error: Exception) -> Answer:
    return Answer(StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", violations=[(field, str(error))])


def _instruments(error: e.InstrumentNotFound) -> Answer:
    return Answer(StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", metadata={"symbols": ",".join(error.symbols)})


def _too_large(error: e.UploadTooLarge) -> Answer:
    metadata = {"max_bytes": str(error.max_bytes)}
    return Answer(StatusCode.RESOURCE_EXHAUSTED, "UPLOAD_TOO_LARGE", metadata=metadata)


def _cursor(error: e.CursorInvalid) -> Answer:
    return Answer(StatusCode.INVALID_ARGUMENT, "CURSOR_INVALID", violations=[("cursor", str(error))])


def _too_many(error: e.TooMany) -> Answer:
    metadata = {"what": error.what, "limit": str(error.limit)}
    return Answer(StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY", metadata=metadata)


def _records(error: e.RecordNotFound) -> Answer:
    return Answer(StatusCode.NOT_FOUND, "RECORD_NOT_FOUND", metadata={"ids": ",".join(error.ids)})


def _not_adjustable(error: e.DividendNotAdjustable) -> Answer:
    metadata = {"symbol": error.symbol, "ex_date": error.ex_date.isoformat()}
    return Answer(StatusCode.FAILED_PRECONDITION, "DIVIDEND_NOT_ADJUSTABLE", metadata=metadata)


def _not_configured(error: e.SourceNotConfigured) -> Answer:
    metadata = {"source": error.source, "settings": ",".join(error.settings)}
    return Answer(StatusCode.FAILED_PRECONDITION, "SOURCE_NOT_CONFIGURED", metadata=metadata)


def _unavailable(_: e.FeedUnavailable) -> Answer:
    return Answer(StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", metadata={"peer": "redis"}, retry_after=RETRY_AFTER)


# The answers of all of marketdata's services.
ERRORS = ErrorTable(
    "marketdata.qpo",
    {
        e.DatasetNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "DATASET_NOT_FOUND"),
        e.NotOwner: lambda error: Answer(
            StatusCode.PERMISSION_DENIED, "NOT_OWNER", resource=f"dataset:{error.dataset}"
        ),
        e.InstrumentNotFound: _instruments,
        e.UnreadableUpload: lambda _: Answer(StatusCode.INVALID_ARGUMENT, "UNREADABLE_UPLOAD"),
        e.UploadTooLarge: _too_large,
        e.CurrencyMismatch: lambda error: _invalid("header.currency", error),
        e.AnswerTooLarge: lambda error: _invalid("lookback", error),
        e.NoSessions: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "NO_SESSIONS"),
        e.CursorInvalid: _cursor,
        e.ReplayNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "REPLAY_NOT_FOUND"),
        e.RecordNotFound: _records,
        e.DividendNotAdjustable: _not_adjustable,
        e.ActionNamedTwice: lambda error: _invalid("actions", error),
        e.SourceNotConfigured: _not_configured,
        e.KindNotOffered: lambda error: _invalid("kind", error),
        e.TargetNamedTwice: lambda error: _invalid("targets", error),
        e.FeedNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "FEED_NOT_FOUND"),
        e.TooMany: _too_many,
        e.FeedUnavailable: _unavailable,
    },
)
