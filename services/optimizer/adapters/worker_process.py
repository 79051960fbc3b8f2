"""A worker process: takes a task from its pipe, solves it, sends progress and the outcome back.

A message is one tag byte and a body. To the worker: what to do, the seconds it may take and the number of points,
little-endian, the id of the universe (zeros: none), and the problem's canonical bytes. From it: any number of PROGRESS,
and of POINT if a frontier is watched, then DONE or FAILED with canonical bytes; or MISSING, upon which the universe is
sent as a task of its own and the task again.
"""

from __future__ import annotations

import contextlib
import signal
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from chassis.logging import configure, logger
from services.optimizer.adapters.residents import Residents
from services.optimizer.adapters.sweeping import Sweeps
from services.optimizer.adapters.versions import versions
from services.optimizer.domain.classes import grouped
from services.optimizer.domain.engine import Control, Engine, Progress
from services.optimizer.domain.failure import failure_of, is_foreseen
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.resident import whole
from services.optimizer.domain.result import Frontier, FrontierPoint
from services.optimizer.domain.solvers import CHOOSING

CHECK, SOLVE, EXPLAIN, FRONTIER, WATCH, BATCH, UNIVERSE = b"C", b"S", b"X", b"F", b"W", b"B", b"U"
PROGRESS, POINT, DONE, FAILED, MISSING = b"P", b"T", b"D", b"E", b"M"
TASK = struct.Struct("<dI32s")
NONE = bytes(32)
STEP = struct.Struct("<Idddd")


def task(kind: bytes, seconds: float, *body: bytes, points: int = 0, universe: bytes = NONE) -> bytes:
    """A message to the worker, its body in parts."""
    return b"".join((kind, TASK.pack(seconds, points, universe), *body))


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
    from services.optimizer.domain.solvers.warm import warm

    desk = Desk(ChoosingEngine(versions=versions()))
    warm(desk.engine)
    # The parent is gone, or does not listen any more: there is nobody to work for.
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send_bytes(_outcome(desk, connection.recv_bytes(), connection, cancelled))


@dataclass(frozen=True, slots=True)
class Desk:
    """What a worker has at hand from task to task."""

    engine: Engine
    residents: Residents = field(default_factory=Residents)
    sweeps: Sweeps = field(default_factory=Sweeps)


def _outcome(desk: Desk, message: bytes, connection: Connection, cancelled: Any) -> bytes:
    seconds, points, universe = TASK.unpack_from(message, 1)
    # Writable: read-only arrays are another type to whatever is compiled for types, and would be compiled for again.
    kind, body = message[:1], bytearray(memoryview(message)[1 + TASK.size :])
    control = Control(
        clock=time.monotonic,
        ends_at=time.monotonic() + seconds,
        cancelled=lambda: bool(cancelled.value),
        report=lambda progress: connection.send_bytes(PROGRESS + _step(progress)),
    )
    try:
        if kind == UNIVERSE:
            desk.residents.put(universe, body)
            return DONE
        moments = desk.residents.get(universe)
        if moments is None and universe != NONE:
            return MISSING
        if kind == BATCH and moments is not None:
            return DONE + desk.sweeps.solve(body, universe, moments, desk.engine, control)
        problem = from_bytes(Problem, body)

        def tell(_: int, point: FrontierPoint) -> None:
            if kind == WATCH:
                connection.send_bytes(POINT + to_bytes(point))

        frontier = partial(desk.engine.frontier, points=points, tell=tell)
        return DONE + _solved(
            desk.engine, kind, problem if moments is None else grouped(whole(problem, moments), {}), control, frontier
        )
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
