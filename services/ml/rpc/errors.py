"""One table: what can go wrong → the status and reason that a caller is told."""

from __future__ import annotations

from grpc import StatusCode

from chassis.errors import Answer, ErrorTable
from services.ml.app.ports import DatasetNotFound, HistoryTooLarge, InstrumentNotFound, PeerUnavailable
from services.ml.domain.errors import (
    InsufficientHistory,
    InvalidSpec,
    ReturnOutOfRange,
    ScenariosTooLarge,
    UniverseTooLarge,
)

_SMALLER = (
    "name fewer symbols, shorten estimation.lookback, or write Σ in few factors, as COVARIANCE_METHOD_RMT_DENOISED and "
    "COVARIANCE_METHOD_PCA_FACTORS do"
)


def _invalid(field: str, mend: str) -> Answer:
    """A field of the request that can't be followed."""
    return Answer(StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", violations=[(field, mend)])


def _insufficient(error: InsufficientHistory) -> Answer:
    """Each short symbol with what it has and what it needs; of very many the chassis names the first."""
    return Answer(
        StatusCode.FAILED_PRECONDITION,
        "INSUFFICIENT_HISTORY",
        metadata={"sessions": str(error.sessions), "needs": str(error.needs), "short_symbols": str(len(error.short))},
        preconditions=[
            ("INSUFFICIENT_HISTORY", short.symbol, f"has {short.has} returns in the window, needs {short.needs}")
            for short in error.short
        ],
    )


ERRORS = ErrorTable(
    "ml.qpo",
    {
        InvalidSpec: lambda error: _invalid(f"estimation.{error.field}", error.mend),
        ReturnOutOfRange: lambda error: _invalid("returns", f"{error}; correct it or leave {error.symbol} out"),
        UniverseTooLarge: lambda error: _invalid("form", f"{error}: {_SMALLER}"),
        ScenariosTooLarge: lambda error: _invalid("with_scenarios", f"{error}: {_SMALLER}"),
        HistoryTooLarge: lambda error: _invalid("estimation.lookback", f"{error}: shorten it or name fewer symbols"),
        InsufficientHistory: _insufficient,
        DatasetNotFound: lambda error: Answer(
            StatusCode.NOT_FOUND, "DATASET_NOT_FOUND", metadata={"dataset": error.dataset}
        ),
        InstrumentNotFound: lambda error: Answer(
            StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", metadata={"symbols": error.symbols}
        ),
        PeerUnavailable: lambda error: Answer(
            StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", metadata={"peer": error.peer}, retry_after=1.0
        ),
    },
)
