"""Programs that a measurement starts beside the mesh: a service of its own settings, a rival, a collector."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_PATIENCE = 120.0  # seconds until a program must listen
_GRACE = 10.0  # seconds to end in


class DidNotStart(Exception):
    """A program ended, or did not listen in time; carries the last of what it wrote."""


@contextlib.contextmanager
def running(module: str, port: int, log: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[int]:
    """Runs `python -m module` until the block ends; yields its pid once `port` is open."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port, log)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise DidNotStart(f"port {port}: {log.read_text(errors='replace')[-2000:]}")
