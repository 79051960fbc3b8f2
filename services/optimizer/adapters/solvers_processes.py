"""Solvers on worker processes: started once, kept warm, killed if they do not stop, replaced if they die."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import Any

from chassis.logging import logger
from services.optimizer.adapters.conversation import Conversation, Task
from services.optimizer.adapters.sweeping import order
from services.optimizer.adapters.worker import Worker
from services.optimizer.adapters.worker_process import BATCH, CHECK, EXPLAIN, FAILED, FRONTIER, SOLVE, WATCH
from services.optimizer.app.errors import Saturated, WorkerLost
from services.optimizer.app.ports import Lent, Report
from services.optimizer.domain.batch.answers import Answers
from services.optimizer.domain.batch.frame import Frame
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import OutOfTime
from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.failure import Failure, error_of
from services.optimizer.domain.records import from_bytes
from services.optimizer.domain.result import Frontier, FrontierPoint, Optimum

# The solver is named by itself, since the worker's module imports it only when it begins to work.
PRELOADED = [
    "services.optimizer.adapters.worker_process",
    "services.optimizer.domain.solvers.warm",
]
# One thread each: the workers are the parallelism.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
_RETRY = 0.1  # seconds


class ProcessSolvers:
    """A pool of worker processes.

    They are forked from a server that has imported the solver and nothing of gRPC, so that a new one is there in
    milliseconds and no fork copies a thread.
    """

    def __init__(
        self, size: int, grace: float = 2.0, most_waiting: int = 200, *, lost: Callable[[], None] = lambda: None
    ) -> None:
        """`lost` is called of every process that ends before `close` is called."""
        self._context = multiprocessing.get_context("forkserver")
        self._grace = grace
        self._size = size
        self._most_waiting = most_waiting
        self._lost: Callable[[], None] | None = lost
        self._waiting = 0
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._free = asyncio.Semaphore(0)
        self._there = asyncio.Event()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="worker-pipe")
        self._returning: set[asyncio.Future[None]] = set()

    def start(self) -> None:
        """Start the server that they are forked from; it imports the solver while this process goes on."""
        multiprocessing.set_forkserver_preload(PRELOADED)
        with _single_threaded():
            forkserver.ensure_running()

    async def warm(self) -> None:
        """Start the processes, each of which takes tasks as soon as it is there: a second or two after `start`."""
        await asyncio.shield(self._beside(self._started()))

    async def there(self) -> None:
        """Return once a process takes tasks: whoever takes calls before that lets them wait."""
        await self._there.wait()

    async def _started(self) -> None:
        for _ in range(self._size):
            self._returned(await self._born())

    async def close(self) -> None:
        """End every process."""
        self._lost = None
        await asyncio.gather(*self._returning, return_exceptions=True)
        for worker in [*self._idle, *self._busy]:
            await asyncio.to_thread(worker.kill)
        self._threads.shutdown(wait=False)

    @property
    def pids(self) -> list[int]:
        """Of the processes, busy ones first."""
        return [worker.pid for worker in [*self._busy, *self._idle]]

    async def check(self, problem: bytes, seconds: float) -> None:
        """See `Solvers.check`."""
        await self._outcome(Task(CHECK, (problem,)), seconds)

    async def solve(
        self, problem: bytes, seconds: float, report: Report | None = None, lent: Lent | None = None
    ) -> Optimum:
        """See `Solvers.solve`."""
        return from_bytes(Optimum, await self._outcome(Task(SOLVE, (problem,), lent=lent), seconds, report))

    async def explain(self, problem: bytes, seconds: float) -> Explained:
        """See `Solvers.explain`."""
        return from_bytes(Explained, await self._outcome(Task(EXPLAIN, (problem,)), seconds))

    async def frontier(
        self,
        problem: bytes,
        points: int,
        seconds: float,
        *,
        tell: Callable[[FrontierPoint], None] | None = None,
        lent: Lent | None = None,
    ) -> Frontier:
        """See `Solvers.frontier`."""

        def hear(news: Progress | FrontierPoint) -> None:
            if tell is not None and isinstance(news, FrontierPoint):
                tell(news)

        kind = FRONTIER if tell is None else WATCH
        return from_bytes(Frontier, await self._outcome(Task(kind, (problem,), points, lent), seconds, hear))

    async def batch(self, header: bytes, frame: Frame, seconds: float, lent: Lent, *, weights: bool) -> Answers:
        """See `Solvers.batch`."""
        task = Task(BATCH, order(header, frame, weights=weights), lent=lent)
        return from_bytes(Answers, await self._outcome(task, seconds))

    async def _outcome(self, task: Task, seconds: float, hear: Callable[[Any], None] | None = None) -> bytes:
        """The outcome's canonical bytes. Raises what the worker recorded, WorkerLost, OutOfTime, Saturated."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + seconds
        worker = await self._taken(seconds)
        talk = Conversation(worker, self._threads, _on_loop(loop, hear))
        try:
            async with asyncio.timeout_at(ends_at + self._grace):
                reply = await talk.outcome(task, ends_at)
        except TimeoutError:
            raise OutOfTime("the solve did not stop at the end of its time, and was ended") from None
        finally:
            self._give_back(worker, talk.exchange)
        if reply[:1] == FAILED:
            raise error_of(from_bytes(Failure, reply[1:]))
        return reply[1:]

    async def _taken(self, seconds: float) -> Worker:
        """A living worker, now busy; first come first served. Raises Saturated, OutOfTime."""
        if self._waiting >= self._most_waiting:
            raise Saturated("as many solves wait for a worker as may: try again")
        self._waiting += 1
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                return await self._living()
        except TimeoutError:
            raise OutOfTime("the time ran out before a worker was free") from None
        finally:
            self._waiting -= 1

    async def _living(self) -> Worker:
        """An idle worker. One that died while idle is replaced beside the call: a caller that goes away meanwhile
        takes no worker along."""
        while True:
            await self._free.acquire()
            worker = self._idle.pop()
            if worker.is_alive:
                self._busy.add(worker)
                return worker
            self._beside(self._replaced(worker))

    def _give_back(self, worker: Worker, exchange: asyncio.Future[bytes]) -> None:
        """Put a worker back at once if it is done; else ask it to stop, without letting the caller wait for it."""
        if exchange.done() and exchange.exception() is None:
            self._returned(worker)
            return
        worker.cancel()
        self._beside(self._settled(worker, exchange))

    async def _settled(self, worker: Worker, exchange: asyncio.Future[bytes]) -> None:
        """Give a worker its grace; replace it if it used it up or is lost."""
        try:
            async with asyncio.timeout(self._grace):
                await asyncio.shield(exchange)
        except (TimeoutError, WorkerLost):
            await self._replaced(worker)
            await asyncio.gather(exchange, return_exceptions=True)
        else:
            self._returned(worker)

    async def _replaced(self, worker: Worker) -> None:
        """Put a new worker in the place of a lost one."""
        await asyncio.to_thread(worker.kill)
        self._busy.discard(worker)
        self._returned(await self._born())

    async def _born(self) -> Worker:
        """A new worker. The server that forks them may itself be lost: the next try starts another."""
        while True:
            try:
                worker = await asyncio.to_thread(Worker, self._context)
            except (OSError, EOFError) as error:
                logger().warning("worker_not_started", error=repr(error))
                await asyncio.sleep(_RETRY)
            else:
                # Seen at once, also of one that nobody would ask for a long time.
                asyncio.get_running_loop().add_reader(worker.sentinel, self._ended, worker)
                return worker

    def _ended(self, worker: Worker) -> None:
        asyncio.get_running_loop().remove_reader(worker.sentinel)
        if self._lost is not None:
            self._lost()

    def _beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Let something end by itself; `close` waits for it."""
        task = asyncio.ensure_future(work)
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)
        return task

    def _returned(self, worker: Worker) -> None:
        self._busy.discard(worker)
        self._idle.append(worker)
        self._free.release()
        self._there.set()


def _on_loop(loop: asyncio.AbstractEventLoop, hear: Callable[[Any], None] | None) -> Callable[[Any], None]:
    """Hear on the event loop what is told in whatever thread."""

    def told(news: Progress | FrontierPoint) -> None:
        if hear is not None:
            loop.call_soon_threadsafe(hear, news)

    return told


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Whatever is started inside uses one thread for linear algebra."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
