"""Jobs and their results on the wire, in answers and in events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import status_pb2
from google.type.date_pb2 import Date
from qpo.optimizer.v1 import optimization_pb2 as pb

from chassis.errors import ErrorTable
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.interval import Interval
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.result import KktResiduals, Optimum
from services.optimizer.domain.run_record import RunRecord
from services.optimizer.wire.dates import to_date, to_timestamp
from services.optimizer.wire.estimation import to_estimation
from services.optimizer.wire.lots import to_in_lots
from services.optimizer.wire.mandate import to_goal
from services.optimizer.wire.sampling import to_selection
from services.optimizer.wire.trades import to_cost, to_trades

_STATES = {
    JobState.QUEUED: pb.JOB_STATE_QUEUED,
    JobState.RUNNING: pb.JOB_STATE_RUNNING,
    JobState.SUCCEEDED: pb.JOB_STATE_SUCCEEDED,
    JobState.FAILED: pb.JOB_STATE_FAILED,
    JobState.CANCELLED: pb.JOB_STATE_CANCELLED,
}


def to_job(job: Job, errors: ErrorTable) -> pb.Optimization:
    """A job; its error as a call would have answered it."""
    return pb.Optimization(
        job_id=job.id,
        state=_STATES[job.state],
        goal=to_goal(job.goal),
        portfolio_id=job.portfolio_id,
        assets=job.assets,
        created_at=_time(job.created_at),
        started_at=_time(job.started_at),
        finished_at=_time(job.finished_at),
        attempts=job.attempts,
        progress=None if job.progress is None else to_progress(job.progress),
        error=_status(job.error, errors),
    )


def to_progress(progress: Progress) -> pb.Progress:
    """Where a solve stands."""
    return pb.Progress(
        iteration=progress.iteration,
        objective=progress.objective,
        bound=progress.bound,
        gap=progress.gap,
        elapsed_ms=progress.elapsed_ms,
    )


def to_result(found: Optimum, job_id: str = "") -> pb.OptimizationResult:
    """An optimum."""
    return pb.OptimizationResult(**result_fields(found, job_id))


def result_fields(found: Optimum, job_id: str = "") -> dict[str, Any]:
    """An optimum as the fields of its message: one that has it as a part is then filled in place, without a copy."""
    solved, measures = found.solved, found.measures
    return {
        "job_id": job_id,
        "weights": dict(zip(found.symbols, solved.weights.tolist(), strict=True)),
        "expected_return": measures.expected_return,
        "volatility": measures.volatility,
        "sharpe_ratio": measures.sharpe_ratio,
        "confidence_interval": _interval(found.interval),
        "confidence_interval_absent_because": found.interval_absent_because,
        "objective": solved.objective,
        "bound": solved.bound,
        "gap": solved.gap,
        "iterations": solved.iterations,
        "engine": solved.engine,
        "elapsed_ms": found.elapsed_ms,
        "turnover": found.turnover,
        "cash": found.cash,
        "goal": to_goal(found.goal),
        "estimation": None if found.estimation is None else to_estimation(found.estimation),
        "observations": found.observations,
        "start": _day(found.start),
        "end": _day(found.end),
        "non_replayable": solved.clock_stopped,
        "input_hash": found.input_hash,
        "trades": to_trades(found),
        "cost": to_cost(found.trades),
        "kkt": _kkt(solved.kkt),
        "phases_ms": solved.phases_ms,
        "fallbacks": solved.fallbacks,
        "tracking_error": found.tracking_error,
        "quality": _quality(found),
        "run": _run(found.run),
        "return_interval": _interval(found.return_interval),
        "interval_method": found.interval_method,
        "cvar": found.cvar,
        "selection": to_selection(solved.selection),
        "in_lots": to_in_lots(found),
    }


def _kkt(residuals: KktResiduals | None) -> pb.KktResiduals | None:
    if residuals is None:
        return None
    return pb.KktResiduals(primal=residuals.primal, dual=residuals.dual, complementarity=residuals.complementarity)


def _quality(found: Optimum) -> pb.DataQuality | None:
    quality = found.quality
    if quality is None:
        return None
    return pb.DataQuality(
        short_histories=quality.short_histories,
        stale=quality.stale,
        observations_asked=quality.observations_asked,
        observations_used=quality.observations_used,
        psd_shift=quality.psd_shift,
        condition_number=quality.condition_number,
        dropped=found.dropped,
    )


def _interval(interval: Interval | None) -> pb.Interval | None:
    return None if interval is None else pb.Interval(lower=interval.lower, upper=interval.upper)


def _run(run: RunRecord | None) -> pb.RunRecord | None:
    if run is None:
        return None
    return pb.RunRecord(
        input_hash=run.input_hash,
        result_hash=run.result_hash,
        data_cutoff=_day(run.data_cutoff),
        versions=run.versions,
        seed=run.seed,
        non_replayable=run.non_replayable,
    )


def _time(time: datetime | None) -> Timestamp | None:
    return None if time is None else to_timestamp(time)


def _day(day: date | None) -> Date | None:
    return None if day is None else to_date(day)


def _status(error: Exception | None, errors: ErrorTable) -> status_pb2.Status | None:
    return None if error is None else errors.status(error)
