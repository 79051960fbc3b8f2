"""Jobs, waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc
from qpo.optimizer.v1.optimization_pb2 import (
    JOB_STATE_CANCELLED,
    JOB_STATE_FAILED,
    JOB_STATE_SUCCEEDED,
    Optimization,
    OptimizationResult,
)
from qpo.optimizer.v1.optimizer_service_pb2 import WatchOptimizationRequest, WatchOptimizationResponse
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub

from qpo_client.refusal import Refusal
from qpo_client.streams import Patience

ENDED = (JOB_STATE_SUCCEEDED, JOB_STATE_FAILED, JOB_STATE_CANCELLED)


class JobFailed(Exception):
    """The job has an error instead of a result."""

    def __init__(self, job: Optimization) -> None:
        """`refusal` is what the job's error says."""
        self.job = job
        self.refusal = Refusal.of_status(job.error)
        super().__init__(self.refusal.message)


class JobCancelled(Exception):
    """The job was cancelled before it had a result."""

    def __init__(self, job: Optimization) -> None:
        self.job = job
        super().__init__(f"job {job.job_id} was cancelled")


def wait(
    optimizer: OptimizerServiceStub,
    job_id: str,
    *,
    timeout: float,
    on_progress: Callable[[Optimization], object] = lambda _: None,
    patience: Patience | None = None,
) -> OptimizationResult:
    """The result of a job, as soon as it has one.

    `on_progress` is given the job as it is, as often as something is told of it. `timeout` is in seconds. A line that
    breaks is taken up again: the first message of a watch is the job as it is by then. Raises JobFailed, JobCancelled,
    and grpc.RpcError for what the watch is refused for, DEADLINE_EXCEEDED in the end.
    """
    patience = patience or Patience()
    until = patience.now() + timeout
    watched = _watched(optimizer, job_id, until, patience)
    while True:
        told = next(watched)
        on_progress(told.job)
        if told.job.state in ENDED:
            return _result(told)


def _watched(
    optimizer: OptimizerServiceStub, job_id: str, until: float, patience: Patience
) -> Iterator[WatchOptimizationResponse]:
    """What is told of a job; does not end by itself. What its reader raises is none of the line's errors."""
    while True:
        broken: grpc.RpcError | None = None
        left = max(0.0, until - patience.now())
        stream = optimizer.WatchOptimization(WatchOptimizationRequest(job_id=job_id), timeout=left)
        try:
            for told in stream:
                patience.renew()
                yield told
        except grpc.RpcError as error:
            broken = error
        finally:
            stream.cancel()
        patience.endure(broken)


def _result(last: WatchOptimizationResponse) -> OptimizationResult:
    if last.job.state == JOB_STATE_SUCCEEDED:
        return last.result
    raise JobFailed(last.job) if last.job.state == JOB_STATE_FAILED else JobCancelled(last.job)
