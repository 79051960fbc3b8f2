"""Solves, counted and timed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from services.optimizer.app.errors import WorkerLost
from services.optimizer.app.ports import Meter
from services.optimizer.domain.errors import (
    Cancelled,
    Infeasible,
    InvalidProblem,
    NoExcessReturn,
    OutOfTime,
    SolverFailed,
    Unbounded,
)
from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.result import Optimum

T = TypeVar("T")

SUCCESS = "success"
_RESULTS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((Infeasible, Unbounded, NoExcessReturn), "infeasible"),
    (InvalidProblem, "invalid"),
    (OutOfTime, "out_of_time"),
    ((Cancelled, asyncio.CancelledError), "cancelled"),
    ((SolverFailed, WorkerLost), "failed"),
)


def result_of(error: BaseException) -> str:
    """The label of an error in the metrics."""
    return next((label for kinds, label in _RESULTS if isinstance(error, kinds)), "failed")


async def measured(meter: Meter, tier: str, kind: str, solve: Awaitable[T]) -> T:
    """Await a solve; count how it ended and how long it took."""
    began = time.perf_counter()
    result = SUCCESS
    try:
        found = await solve
    except BaseException as error:
        result = result_of(error)
        raise
    finally:
        meter.ended(tier, kind, result, time.perf_counter() - began)
    best = found.optimum if isinstance(found, Explained) else found
    if isinstance(best, Optimum):
        # "engine: why it gave up"
        meter.answered(best.solved.engine, [each.partition(":")[0] for each in best.solved.fallbacks])
    return found
