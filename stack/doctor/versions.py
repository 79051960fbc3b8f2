"""Whether what is installed is what was tested: Python, the packages of the lock, the programs of stores and edge."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stack import envoy, redis
from stack.doctor.finding import Finding, fine, unknown, wrong
from stack.doctor.patient import Patient
from stack.layout import ROOT
from stack.part import CannotStart
from stack.postgres import binaries

PYTHONS = ((3, 11), (3, 12))
# A line of the lock: a name, a version, and where it is for.
_LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")
# What each program must say of itself.
_PROGRAMS = {"envoy": r"/1\.40\.", "postgres": r"\) 18\.", "redis": r"v=(6\.[2-9]|[78]\.)"}
_NUMBER = re.compile(r"\b\d+\.\d+(\.\d+)?\b")


def python(_patient: Patient | None = None, version: tuple[int, int] = sys.version_info[:2]) -> Iterator[Finding]:
    """The interpreter that this is."""
    told = ".".join(map(str, version))
    if version in PYTHONS:
        yield fine("python", told)
    else:
        yield wrong("python", f"{told} is neither 3.11 nor 3.12", "make clean, then make PYTHON=/path/to/python3.12")


def packages(_patient: Patient | None = None, lock: Path = ROOT / "requirements.lock") -> Iterator[Finding]:
    """Each package that is installed, against the lock."""
    if not lock.exists():
        yield unknown("packages", "no requirements.lock beside this installation: nothing to compare with")
        return
    others, count = [], 0
    for name, version in _locked(lock.read_text(encoding="utf-8")):
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of an extra that nobody wanted here
        count += 1
        if installed != version:
            others.append(f"{name} {installed} instead of {version}")
    if others:
        yield wrong("packages", ", ".join(others), "rm .venv/.installed && make lint sets up what the lock says")
    else:
        yield fine("packages", f"{count} as locked")


def _locked(text: str) -> Iterator[tuple[str, str]]:
    """Yields what the lock has for this interpreter."""
    from packaging.markers import Marker

    for line in text.splitlines():
        found = _LOCKED.match(line)
        if found and (not found[3] or Marker(found[3]).evaluate()):
            yield found[1], found[2]


def programs(patient: Patient) -> Iterator[Finding]:
    """The programs that are not Python, of those parts that are started here."""
    elsewhere = patient.settings
    where = {
        "envoy": None if elsewhere.edge_url else envoy.binary,
        "postgres": None if elsewhere.postgres_url else lambda: binaries() / "postgres",
        "redis": None if elsewhere.redis_url else redis.binary,
    }
    for name, find in where.items():
        if find is None:
            continue
        try:
            yield _program(name, find())
        except CannotStart as missing:
            yield wrong("programs", str(missing), "make lint sets up what the lock says")


def _program(name: str, path: Path) -> Finding:
    try:
        done = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False, timeout=20)
    except OSError as error:
        return wrong("programs", f"{path} cannot be run: {error.strerror}", "rm .venv/.installed && make lint")
    told = (done.stdout or done.stderr).strip().splitlines()[-1:] or [""]
    if done.returncode == 0 and re.search(_PROGRAMS[name], told[0]):
        return fine("programs", f"{name} {_NUMBER.search(told[0])[0]}")  # type: ignore[index]
    fix = "rm .venv/.installed && make lint sets up the one that was tested"
    return wrong("programs", f"{path} says `{told[0]}`, which is not the {name} that was tested", fix)
