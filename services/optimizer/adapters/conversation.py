"""What is said to a worker until it has answered a task: the task, and the universe if it has not got it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from services.optimizer.adapters.worker import Worker
from services.optimizer.adapters.worker_process import MISSING, NONE, UNIVERSE, task
from services.optimizer.app.ports import Lent
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.result import FrontierPoint


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does; see `worker_process`."""

    kind: bytes
    body: tuple[bytes, ...]
    """In parts, which are joined on the thread that sends them."""
    points: int = 0
    lent: Lent | None = None

    @property
    def universe(self) -> bytes:
        """The id of the universe; zeros if the problem is whole."""
        return NONE if self.lent is None else bytes.fromhex(self.lent.universe_id)

    def message(self, seconds: float) -> bytes:
        """The task, to be done within a time."""
        return task(self.kind, seconds, *self.body, points=self.points, universe=self.universe)


class Conversation:
    """One task given to one worker, its pipe read on a thread."""

    def __init__(self, worker: Worker, threads: Executor, report: Callable[[Progress | FrontierPoint], None]) -> None:
        self._worker, self._threads, self._report = worker, threads, report
        self._loop = asyncio.get_running_loop()
        self.exchange: asyncio.Future[bytes] = self._loop.create_future()
        """The last message and its reply; until it is done the worker is not free."""
        self.exchange.set_result(b"")

    async def outcome(self, task: Task, ends_at: float) -> bytes:
        """The reply to a task that ends at a time of the loop's. Raises WorkerLost, UniverseNotFound."""
        reply = await self._said(task, ends_at)
        if reply != MISSING or task.lent is None:
            return reply
        await self._said(Task(UNIVERSE, (await task.lent.read(),), lent=task.lent), ends_at)
        return await self._said(task, ends_at)

    async def _said(self, task: Task, ends_at: float) -> bytes:
        seconds = ends_at - self._loop.time()
        self.exchange = self._loop.run_in_executor(self._threads, self._exchanged, task, seconds)
        return await asyncio.shield(self.exchange)

    def _exchanged(self, task: Task, seconds: float) -> bytes:
        return self._worker.exchange(task.message(seconds), self._report)
