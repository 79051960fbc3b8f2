"""One worker process as its parent holds it: a pipe, a flag, a life."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any

from services.optimizer.adapters.worker_process import told, work
from services.optimizer.app.errors import WorkerLost
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.result import FrontierPoint
from services.optimizer.domain.solvers import CHOOSING


class Worker:
    """Started when made. Its methods block: call them in a thread."""

    def __init__(self, context: BaseContext) -> None:
        self._pipe, theirs = context.Pipe(duplex=True)
        # A flag, not a lock: one byte is written by one side and read by the other.
        self._cancelled: Any = context.RawValue("b", 0)
        # Daemons are ended when the parent exits in good order; else they see the pipe's end.
        self._process: Any = context.Process(  # type: ignore[attr-defined]
            target=work, args=(theirs, self._cancelled), name="qpo-optimizer-worker", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return int(self._process.pid)

    @property
    def sentinel(self) -> int:
        """A file descriptor that is readable once the process has ended."""
        return int(self._process.sentinel)

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return bool(self._process.is_alive())

    def exchange(self, message: bytes, hear: Callable[[Progress | FrontierPoint], None]) -> bytes:
        """Send a task; hear what it tells on the way; return its outcome. Raises WorkerLost."""
        self._cancelled.value = 0
        try:
            self._pipe.send_bytes(message)
            while (news := told(reply := self._pipe.recv_bytes())) is not None:
                hear(news)
        except (EOFError, OSError) as error:
            raise WorkerLost(CHOOSING) from error
        return reply

    def cancel(self) -> None:
        """Ask it to stop after the present iteration."""
        self._cancelled.value = 1

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._pipe.close()
