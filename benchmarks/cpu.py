"""CPU time of processes with all their children, dead ones included."""

from __future__ import annotations

import os
from collections.abc import Iterable

import psutil

TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds that CPU time is counted in: less than one is seen as none."""


def seconds(pids: Iterable[int]) -> float:
    """User and system time that these process trees have used since they began."""
    return sum(_tree(psutil.Process(pid)) for pid in pids)


def _tree(head: psutil.Process) -> float:
    used = 0.0
    for process in (head, *head.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            # It ended just now, and its parent's `children_` times have what it used.
            continue
        used += times.user + times.system + times.children_user + times.children_system
    return used
