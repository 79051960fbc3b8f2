"""Watching a job: a line that moves with objective, bound and gap until the solver is done."""

import math
from collections.abc import Callable

from qpo.optimizer.v1.optimization_pb2 import JobState, Optimization, Progress
from qpo.optimizer.v1.optimizer_service_pb2 import WatchOptimizationRequest, WatchOptimizationResponse
from rich.text import Text

from clients.cli.connection import Edge
from clients.cli.console import live
from clients.cli.output import word
from clients.cli.problem import Problem
from clients.cli.refusal import from_status

_WIDTH = 20
_DONE = 1e-9  # the solver's own default gap: what a full bar means
_WATCH_SECONDS = 600.0


def watch_job(edge: Edge, job_id: str, seen: Callable[[Progress], None] | None = None) -> WatchOptimizationResponse:
    """Shows a job's progress until it ends and returns its last message.

    Raises Problem if the job failed, as Solve would have answered, or was cancelled.
    """
    last = WatchOptimizationResponse()
    stream = edge.optimizer.WatchOptimization(WatchOptimizationRequest(job_id=job_id), timeout=_WATCH_SECONDS)
    try:
        with live(lambda: line(last.job)):
            for last in stream:
                if seen is not None and last.job.HasField("progress"):
                    seen(last.job.progress)
    finally:
        stream.cancel()
    return _succeeded(last)


def line(job: Optimization) -> Text:
    """One line: state, a bar that fills as the gap closes, and the numbers behind it."""
    state = word(JobState.Name(job.state), "JOB_STATE_")
    if not job.HasField("progress"):
        return Text.assemble((f"{state} ", "bold"), f"{job.assets} assets")
    step = job.progress
    filled = round(_WIDTH * closeness(step.gap))
    return Text.assemble(
        (f"{state} ", "bold"),
        ("━" * filled, "cyan"),
        ("─" * (_WIDTH - filled), "dim"),
        f"  objective {step.objective:.8f}  bound {step.bound:.8f}  gap {step.gap:.1e}",
        (f"  {step.iteration} iterations, {step.elapsed_ms:.0f} ms", "dim"),
    )


def closeness(gap: float) -> float:
    """0 at a gap of 1 or more, 1 at 1e-9 or less, linear in the gap's digits between."""
    if math.isnan(gap) or gap >= 1:
        return 0.0
    return min(1.0, math.log(max(gap, _DONE)) / math.log(_DONE))


def _succeeded(last: WatchOptimizationResponse) -> WatchOptimizationResponse:
    if last.job.state == JobState.JOB_STATE_FAILED:
        raise from_status(last.job.error)
    if last.job.state == JobState.JOB_STATE_CANCELLED:
        raise Problem("the job was cancelled", reason="CANCELLED")
    if last.job.state != JobState.JOB_STATE_SUCCEEDED:
        raise Problem("the stream ended before the job did", [("", f"qpo optimize watch {last.job.job_id}")])
    return last
