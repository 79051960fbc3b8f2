"""Ends a mesh whose owner died: a process of its own that waits on a pipe, `python -I -S guard.py MARK`.

The owner writes `+PID SIGNAL` and `-PID` as children come and go. When the pipe closes, for whatever reason, nobody
is left to look after the children: each one still listed gets its signal, and whatever is left after the grace is
killed. A child that was born in the instant before the owner died is found by the mark in its environment.
The standard library alone is used: the file is run as a script, without site-packages.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

GRACE = 3.0
# The environment variable that every child carries; its value is the mesh's own mark.
MARK = "QPO_STACK_MESH"


def marked(mark: str) -> set[int]:
    """Returns the pids of the living processes that carry `mark` in their environment."""
    wanted = f"{MARK}={mark}".encode()
    found = set()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found - {os.getpid()}


def alive(pid: int) -> bool:
    """Returns whether `pid` runs; one that has ended and is not yet buried does not."""
    try:
        status = (Path("/proc") / str(pid) / "stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def end(listed: dict[int, int], mark: str, grace: float = GRACE) -> None:
    """Sends each listed process its signal, and SIGTERM to those that carry `mark`; kills what is left after `grace` s.

    A listed pid is also a process group; its whole group is killed at the end.
    """
    asked = {**dict.fromkeys(marked(mark), signal.SIGTERM), **listed}
    for pid, wish in asked.items():
        _send(pid, wish)
    deadline = time.monotonic() + grace
    while any(map(alive, asked)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in {*asked, *marked(mark)}:
        _send(pid, signal.SIGKILL)
    for pid in listed:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def _send(pid: int, wish: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, wish)


def watch(mark: str) -> None:
    """Reads the owner's list until the pipe closes, then ends what is on it."""
    listed: dict[int, int] = {}
    for line in sys.stdin:
        words = line[1:].split()
        if line.startswith("+"):
            listed[int(words[0])] = int(words[1])
        else:
            listed.pop(int(words[0]), None)
    end(listed, mark)


if __name__ == "__main__":
    for deaf_to in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(deaf_to, signal.SIG_IGN)
    watch(sys.argv[1])
