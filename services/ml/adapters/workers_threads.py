"""Workers as threads: numpy lets go of the interpreter's lock while it computes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from services.ml.app.ports import Result


class ThreadWorkers:
    """Runs `count` pieces of work at once; callers beyond wait, and leave the line when they are cancelled."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="estimate")
        self._free = asyncio.Semaphore(count)

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns or raises."""
        await self._free.acquire()
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # A thread can't be stopped: it counts as taken until it has ended, even if its caller has left.
        running.add_done_callback(self._ended)
        return await asyncio.shield(running)

    def _ended(self, work: asyncio.Future[Result]) -> None:
        """Free the place; an error that nobody waits for any more is read, so that it is not reported as lost."""
        self._free.release()
        if not work.cancelled():
            work.exception()

    def close(self) -> None:
        """Let running work end, and start no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
