"""Runs a program as an ordinary user: `python -I -S unprivileged.py USER PROGRAM ARGUMENT…`.

PostgreSQL refuses to run as root. When the whole mesh is started by root, its server runs as an existing ordinary user
instead. That user often cannot even walk to the program (a checkout in /root is closed to others), so the right to
pass closed directories, and no other right of root, is kept across the change of user (capabilities(7), ambient set).
The standard library alone is used: the file is run as a script, without site-packages.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SETPCAP = 1, 2, 8
PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 28, 47, 2
# access(2) would otherwise answer as if an ordinary user had no capabilities at all.
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _permitted() -> int:
    """Returns the lower 32 bits of this process's permitted capabilities."""
    header, sets = _Header(CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    if _libc().capget(ctypes.byref(header), sets):
        return 0
    return int(sets[0].permitted)


def _keep_only(capabilities: int) -> bool:
    """Sets all three capability sets to `capabilities` (lower 32 bits); False if the kernel refuses."""
    header, sets = _Header(CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    sets[0] = _Sets(capabilities, capabilities, capabilities)
    return bool(_libc().capset(ctypes.byref(header), sets) == 0)


def become(user: str) -> None:
    """Becomes `user` for good, keeping the right to pass closed directories where this process has it."""
    entry = pwd.getpwnam(user)
    wanted = _permitted() & (1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH)
    libc = _libc()
    libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    if not _keep_only(wanted):
        raise PermissionError(f"the kernel does not let {user} give up root's capabilities")
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if wanted >> capability & 1:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


if __name__ == "__main__":
    become(sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - a list, no shell: the process becomes the program
