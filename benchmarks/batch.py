"""Ten thousand portfolios in one sweep: inside a process, and through SolveBatch as a client of the service has it.

What the service takes is told apart: its front, which passes frames on, and its workers, which solve them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
from qpo.optimizer.v1 import batch_pb2
from qpo.optimizer.v1 import optimizer_service_pb2 as pb
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub

from benchmarks import cpu
from benchmarks.figures import Figure
from benchmarks.portfolios import frames, header
from benchmarks.resident import put, service, stated
from benchmarks.scale import Scale
from benchmarks.world import World
from services.optimizer.domain.batch.frame import FIELDS, Frame, numbers_of, parts_of
from services.optimizer.domain.engine import Control

MOST = 10_000
ACCURATE = 1e-9


class NotSolved(Exception):
    """A portfolio was not solved, or not to the accuracy that is promised."""


def count_of(scale: Scale) -> int:
    """Ten thousand, or fewer for a quick look."""
    return min(MOST, round(1000 * scale.rounds * scale.seconds / 0.8))


def process(scale: Scale) -> Iterator[Figure]:
    """CPU per portfolio of one process, from a frame's bytes to its answers. Raises NotSolved."""
    from services.optimizer.domain.batch.sweep import Sweep
    from services.optimizer.domain.solvers.choosing import ChoosingEngine

    count, sweep, engine = count_of(scale), Sweep(header()), ChoosingEngine()
    control = Control(time.monotonic, time.monotonic() + 600.0)
    sent = [bytearray(b"".join(parts_of(frame))) for frame in frames(count)]
    shared = sweep.shared
    rounds = []
    sweep.solve(numbers_of(sent[0], shared.assets, shared.rows), engine, control)
    for _ in range(max(1, scale.rounds // 4)):
        began = time.process_time()
        answers = [sweep.solve(numbers_of(data, shared.assets, shared.rows), engine, control) for data in sent]
        rounds.append(time.process_time() - began)
        for each in answers:
            _require(each.residuals, len(each.failures))
    seconds = statistics.median(rounds) / sum(each.count for each in answers)
    yield Figure("batch.process.cpu", 1e6 * seconds, "us")
    yield Figure("batch.process.rate", 1 / seconds, "1/s")
    yield Figure("batch.process.fallbacks", float(sum(each.fallbacks for each in answers)), "calls")


def figures(world: World, scale: Scale) -> Iterator[Figure]:
    """CPU per portfolio of the front and of the workers, and how many a second. Raises NotSolved."""
    metadata = [("authorization", f"Bearer {world.reader.token()}")]
    with service(world) as channel:
        stub, universe = OptimizerServiceStub(channel), put(channel, metadata)
        first = pb.SolveBatchRequest(header=batch_pb2.BatchHeader(universe_id=universe, **stated()))
        requests = [_request(number, frame) for number, frame in enumerate(frames(count_of(scale)))]
        # A first stream makes the workers ready: they get the universe and solve a typical portfolio.
        _count(stub.SolveBatch(iter([first, *requests[:4]]), metadata=metadata, timeout=600))
        [pid] = world.pids("optimizer")
        before, began = _split(pid), time.perf_counter()
        solved = _count(stub.SolveBatch(iter([first, *requests]), metadata=metadata, timeout=600))
        wall, after = time.perf_counter() - began, _split(pid)
    front, workers = (then - now for then, now in zip(after, before, strict=True))
    yield Figure("batch.grpc.front_cpu", 1e6 * front / solved, "us")
    yield Figure("batch.grpc.worker_cpu", 1e6 * workers / solved, "us")
    yield Figure("batch.grpc.rate_per_worker_core", solved / max(workers, 0.01), "1/s")
    yield Figure("batch.grpc.rate", solved / wall, "1/s")


def _split(pid: int) -> tuple[float, float]:
    """CPU seconds of the front, and of all that it has forked."""
    times = psutil.Process(pid).cpu_times()
    front = times.user + times.system
    return front, cpu.seconds([pid]) - front - times.children_user - times.children_system


def _count(answers: Any) -> int:
    """How many portfolios were solved. Raises NotSolved."""
    solved = 0
    for answer in answers:
        _require(np.frombuffer(answer.residuals, "<f8"), len(answer.failures))
        solved += answer.count
    return solved


def _require(residuals: Any, failures: int) -> None:
    worst = float(np.max(residuals))
    if failures or not worst <= ACCURATE:
        raise NotSolved(f"{failures} portfolios failed; the worst residual is {worst:.2g}")


def _request(number: int, frame: Frame) -> pb.SolveBatchRequest:
    packed = {field: getattr(frame, field) for field in FIELDS}
    return pb.SolveBatchRequest(frame=batch_pb2.BatchFrame(frame_id=number, count=frame.count, **packed))
