"""Which error is answered how: the one table, and the one place that names a status code."""

from __future__ import annotations

from grpc import StatusCode

from chassis.errors import Answer, ErrorTable
from services.portfolio.domain import errors as e

RETRY_AFTER = 1.0  # seconds


def error_table() -> ErrorTable:
    """The answers of PortfolioService."""
    return ErrorTable(
        "portfolio.qpo",
        {
            e.InvalidPortfolio: _invalid,
            e.PortfolioNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "PORTFOLIO_NOT_FOUND"),
            e.EtagMismatch: lambda _: Answer(StatusCode.ABORTED, "ETAG_MISMATCH"),
            e.RequestIdReused: _reused,
            e.NotPriced: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "NOT_PRICED"),
            e.NotRebalanceable: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "NOT_REBALANCEABLE"),
            e.Infeasible: _infeasible,
            e.ScopeMissing: _scope_missing,
            e.PeerUnavailable: _unavailable,
        },
    )


def _invalid(error: e.InvalidPortfolio) -> Answer:
    violations = [(violation.field, violation.fix) for violation in error.violations]
    return Answer(StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", violations=violations)


def _reused(_: e.RequestIdReused) -> Answer:
    fix = "use a new one for another request; repeat the same body to get its answer"
    return Answer(StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED", violations=[("request_id", fix)])


def _infeasible(error: e.Infeasible) -> Answer:
    conflicts = [(conflict.kind, conflict.subject, conflict.description) for conflict in error.conflicts]
    return Answer(StatusCode.FAILED_PRECONDITION, "INFEASIBLE", preconditions=conflicts)


def _scope_missing(error: e.ScopeMissing) -> Answer:
    return Answer(StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", metadata={"scope": error.scope})


def _unavailable(error: e.PeerUnavailable) -> Answer:
    return Answer(StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", metadata={"peer": error.peer}, retry_after=RETRY_AFTER)
