"""The owner's end of the guard: which children it must end should this process die."""

from __future__ import annotations

import subprocess
import sys
import threading

from stack import guard


class Guardian:
    """A running guard. Leaving the block with no child left simply ends it."""

    def __init__(self, mark: str) -> None:
        """Starts the guard of the processes that carry `mark`."""
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            start_new_session=True,
            cwd="/",
        )

    def watch(self, pid: int, stop_signal: int) -> None:
        """Puts a child on the list; `stop_signal` is what it ends cleanly by."""
        self._write(f"+{pid} {int(stop_signal)}\n")

    def forget(self, pid: int) -> None:
        """Takes a child that has ended off the list."""
        self._write(f"-{pid}\n")

    def close(self) -> None:
        """Lets the guard go; it ends whatever is still on its list first."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def _write(self, line: str) -> None:
        with self._lock:
            if self._process.stdin and self._process.poll() is None:
                self._process.stdin.write(line)

    def __enter__(self) -> Guardian:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
