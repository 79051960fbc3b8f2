"""A worker process: takes a task from its pipe, solves it, sends progress and the outcome back.

A message is one tag byte and a body. To the worker: what to do, the seconds it may take and the number of points,
little-endian, and the problem's canonical bytes. From it: any number of PROGRESS, and of POINT if a frontier is
watched, then DONE or FAILED with canonical bytes.
"""

from __future__ import annotations

import contextlib
import signal
import struct
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from chassis.logging import configure, logger
from services.optimizer.adapters.versions import versions
from services.optimizer.domain.engine import Control, Engine, Progress
from services.optimizer.domain.failure import failure_of, is_foreseen
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.result import Frontier, FrontierPoint
from services.optimizer.domain.solvers import CHOOSING

CHECK, SOLVE, FRONTIER, WATCH, EXPLAIN = b"C", b"S", b"F", b"W", b"X"
PROGRESS, POINT, DONE, FAILED = b"P", b"T", b"D", b"E"
TASK = struct.Struct("<dI")
STEP = struct.Struct("<Idddd")


def task(kind: bytes, problem: bytes, seconds: float, points: int = 0) -> bytes:
    """A message to the worker."""
    return kind + TASK.pack(seconds, points) + problem


def told(message: bytes) -> Progress | FrontierPoint | None:
    """What a message tells before the outcome; None if it is the outcome."""
    if message[:1] == PROGRESS:
        return Progress(*STEP.unpack(message[1:]))
    return from_bytes(FrontierPoint, message[1:]) if message[:1] == POINT else None


def work(connection: Connection, cancelled: Any) -> None:
    """Serve one task after the other until the pipe is closed; `cancelled` is the flag in shared memory.

    Signals are for the parent, which ends its workers itself: a Ctrl-C in the terminal reaches them all.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    configure("optimizer", "info", "worker")
    # Imported here: the parent names this module too, and needs neither scipy nor a solver.
    from services.optimizer.domain.solvers.choosing import ChoosingEngine
    from services.optimizer.domain.solvers.warm import compile_all

    compile_all()
    engine = ChoosingEngine(versions=versions())
    # The parent is gone, or does not listen any more: there is nobody to work for.
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send_bytes(_outcome(engine, connection.recv_bytes(), connection, cancelled))


def _outcome(engine: Engine, message: bytes, connection: Connection, cancelled: Any) -> bytes:
    seconds, points = TASK.unpack_from(message, 1)
    control = Control(
        clock=time.monotonic,
        ends_at=time.monotonic() + seconds,
        cancelled=lambda: bool(cancelled.value),
        report=lambda progress: connection.send_bytes(PROGRESS + _step(progress)),
    )
    try:
        problem = from_bytes(Problem, message[1 + TASK.size :])
        watched = message[:1] == WATCH

        def tell(_: int, point: FrontierPoint) -> None:
            if watched:
                connection.send_bytes(POINT + to_bytes(point))

        return DONE + _solved(engine, message[:1], problem, control, partial(engine.frontier, points=points, tell=tell))
    except Exception as error:
        if not is_foreseen(error):
            logger().error("solve", exc_info=error)
        return FAILED + to_bytes(failure_of(error, CHOOSING))


def _solved(
    engine: Engine, kind: bytes, problem: Problem, control: Control, frontier: Callable[..., Frontier]
) -> bytes:
    if kind in (FRONTIER, WATCH):
        return to_bytes(frontier(problem, control=control))
    if kind == EXPLAIN:
        return to_bytes(engine.explain(problem, control))
    if kind == CHECK:
        engine.check(problem, control)
        return b""
    return to_bytes(engine.solve(problem, control))


def _step(progress: Progress) -> bytes:
    return STEP.pack(progress.iteration, progress.objective, progress.bound, progress.gap, progress.elapsed_ms)
