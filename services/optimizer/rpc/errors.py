"""Which error is answered how: the one table, and the one place that names a status code."""

from __future__ import annotations

from grpc import StatusCode

from chassis.errors import Answer, ErrorTable
from services.optimizer.app import errors as around
from services.optimizer.domain import errors as e

RETRY_AFTER = 1.0  # seconds


def error_table() -> ErrorTable:
    """The answers of OptimizerService, of its calls and of its failed jobs."""
    return ErrorTable(
        "optimizer.qpo",
        {
            e.InvalidProblem: _invalid,
            e.Infeasible: _infeasible,
            e.Unbounded: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "UNBOUNDED"),
            e.NoExcessReturn: _no_excess_return,
            e.OutOfTime: lambda _: Answer(StatusCode.DEADLINE_EXCEEDED, "OUT_OF_TIME"),
            e.SolverFailed: lambda error: Answer(
                StatusCode.ABORTED, "SOLVER_FAILED", metadata={"engine": error.engine}
            ),
            e.Cancelled: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "CANCELLED"),
            around.JobCancelled: lambda _: Answer(StatusCode.FAILED_PRECONDITION, "CANCELLED"),
            around.JobNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "JOB_NOT_FOUND"),
            around.NotFinished: lambda _: Answer(StatusCode.ABORTED, "NOT_FINISHED", retry_after=RETRY_AFTER),
            around.TooManyJobs: _too_many,
            around.RequestIdReused: _reused,
            around.PortfolioNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "PORTFOLIO_NOT_FOUND"),
            around.UniverseNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "UNIVERSE_NOT_FOUND"),
            around.TooManyUniverses: _too_many_universes,
            around.DatasetNotFound: lambda _: Answer(StatusCode.NOT_FOUND, "DATASET_NOT_FOUND"),
            around.InstrumentNotFound: _no_instrument,
            around.InsufficientHistory: _short,
            around.ScopeMissing: _scope_missing,
            around.PeerUnavailable: _unavailable,
            around.StoreUnavailable: _unavailable,
            around.Saturated: _unavailable,
            around.WorkerLost: lambda error: Answer(
                StatusCode.ABORTED, "SOLVER_FAILED", metadata={"engine": error.engine}
            ),
        },
    )


def _invalid(error: e.InvalidProblem) -> Answer:
    violations = [(violation.field, violation.mend) for violation in error.violations]
    return Answer(StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", violations=violations)


def _infeasible(error: e.Infeasible) -> Answer:
    conflicts = [(conflict.type, conflict.subject, conflict.description) for conflict in error.conflicts]
    mend = {"mend": "all of them together" if error.together else "any one of them"}
    if error.contradiction:
        mend["contradiction"] = ", ".join(each.subject for each in error.contradiction)
    if error.relaxation:
        mend["relaxation"] = ", ".join(f"{each.subject} = {each.needed:.10g}" for each in error.relaxation)
    return Answer(StatusCode.FAILED_PRECONDITION, "INFEASIBLE", metadata=mend, preconditions=conflicts)


def _no_excess_return(error: e.NoExcessReturn) -> Answer:
    told = {"greatest_return": f"{error.greatest:.6g}", "risk_free_rate": f"{error.risk_free_rate:.6g}"}
    return Answer(StatusCode.FAILED_PRECONDITION, "NO_EXCESS_RETURN", metadata=told)


def _too_many(error: around.TooManyJobs) -> Answer:
    return Answer(
        StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_JOBS", metadata={"limit": str(error.limit)}, retry_after=RETRY_AFTER
    )


def _too_many_universes(error: around.TooManyUniverses) -> Answer:
    limits = {"limit": str(error.most), "bytes_limit": str(error.most_bytes)}
    return Answer(StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_UNIVERSES", metadata=limits)


def _reused(_: around.RequestIdReused) -> Answer:
    mend = "use a new one for another request; repeat the same body to get its job"
    return Answer(StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED", violations=[("request_id", mend)])


def _no_instrument(error: around.InstrumentNotFound) -> Answer:
    return Answer(StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", metadata={"symbols": error.symbols})


def _short(error: around.InsufficientHistory) -> Answer:
    return Answer(StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_HISTORY", preconditions=error.shortfalls)


def _scope_missing(error: around.ScopeMissing) -> Answer:
    return Answer(StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", metadata={"scope": error.scope})


def _unavailable(error: Exception) -> Answer:
    metadata = {"peer": error.peer} if isinstance(error, around.PeerUnavailable) else {}
    return Answer(StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", metadata=metadata, retry_after=RETRY_AFTER)
