"""Whether there is room: on the disk, in memory, and for open files."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

from stack.doctor.finding import Finding, Verdict, fine, unknown, warning, wrong
from stack.doctor.patient import Patient

GIB = 1 << 30
# PostgreSQL stops when its log finds no room: long before that.
DISK = (1 * GIB, 5 * GIB)
# What is free, below which the kernel is likely to kill a part; before the start, what a mesh of one of each needs.
MEMORY = {True: (GIB // 4, GIB // 2), False: (GIB, 2 * GIB)}
# The edge lets in 8,192 connections and has as many to services; a service holds pools, streams and files.
FILES = (1024, 16_384)
_USED_UP = 0.8


def disk(patient: Patient, look: Callable[[str], os.statvfs_result] = os.statvfs) -> Iterator[Finding]:
    """The file system of the state folder, or of where that would be made: bytes and inodes."""
    root = patient.layout.root
    folder = next(each for each in (root, *root.parents) if each.exists())
    found = look(str(folder))
    free = found.f_bavail * found.f_frsize
    fix = f"make room, or have the state elsewhere: --state-dir; logs of {root} may be deleted"
    yield _judged("disk", free, DISK, f"{free / GIB:.1f} GiB free at {folder}", fix)
    if found.f_files and found.f_favail < 10_000:
        yield wrong("disk", f"{found.f_favail:,} files can still be made at {folder}", fix)


def memory(patient: Patient, available: Callable[[], int] | None = None) -> Iterator[Finding]:
    """What the kernel could give, within the limit of this control group."""
    free = (available or _available)()
    fix = "end what else runs, or QPO_STACK_OPTIMIZER_WORKERS=1, or give the container more"
    yield _judged("memory", free, MEMORY[patient.runs], f"{free / GIB:.1f} GiB available", fix)


def files(patient: Patient, limit: int | None = None) -> Iterator[Finding]:
    """How many files a process may open, and how near each part is to that."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    soft = (1 << 30) if soft == resource.RLIM_INFINITY else soft
    fix = f"ulimit -n {FILES[1]} before qpo up (LimitNOFILE= of a unit)"
    yield _judged("files", soft, FILES, f"{soft:,} open files allowed to a process started from here", fix)
    if patient.runs:
        yield from _running(patient, fix)


def _running(patient: Patient, fix: str) -> Iterator[Finding]:
    import psutil

    for part in patient.record.parts:
        if part.pid is None:
            continue
        try:
            process = psutil.Process(part.pid)
            used, allowed = process.num_fds(), process.rlimit(psutil.RLIMIT_NOFILE)[0]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            yield unknown("files", f"{part.name}: its open files cannot be counted by this user")
            continue
        if used > _USED_UP * allowed:
            yield wrong("files", f"{part.name} has {used:,} of {allowed:,} files open", fix)


def _judged(check: str, found: int, limits: tuple[int, int], told: str, fix: str) -> Finding:
    """Wrong below the first limit, a warning below the second."""
    verdict = [Verdict.WRONG, Verdict.WARNING, Verdict.FINE][sum(found >= limit for limit in limits)]
    judge = {Verdict.WRONG: wrong, Verdict.WARNING: warning}.get(verdict)
    return judge(check, told, fix) if judge else fine(check, told)


def _available() -> int:
    import psutil

    return min(int(psutil.virtual_memory().available), *_left_in_group())


def _left_in_group(group: Path = Path("/sys/fs/cgroup")) -> list[int]:
    """What a container may still take (cgroup v2): its limit less what it holds and the kernel cannot take back."""
    try:
        limit = (group / "memory.max").read_text().strip()
        held = int((group / "memory.current").read_text())
        back = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except OSError:
        return [1 << 62]
    return [1 << 62] if limit == "max" else [int(limit) - held + int(back.get("inactive_file", 0))]
