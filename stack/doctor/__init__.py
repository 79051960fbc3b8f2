"""Examines a mesh and the machine that it runs on: what is wrong, and how it is mended.

Each check is a function that finds; none changes anything. Whatever cannot be asked is said to be unknown, and never
taken for fine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from stack.doctor import certificates, clocks, contracts, edge, leftovers, ports, room, secrets, stores, versions
from stack.doctor.finding import Finding, unknown
from stack.doctor.patient import Patient
from stack.part import CannotStart, NotReady
from stack.settings import MeshSettings

Check = Callable[[], Iterable[Finding]]
# Errors whose text is ours or the system's, and repeats nothing that was given.
_SHOWN = (OSError, NotReady, CannotStart, ImportError)
# By what the findings are about, in the order in which they are told.
LOCAL: dict[str, Callable[[Patient], Iterable[Finding]]] = {
    "python": versions.python,
    "packages": versions.packages,
    "programs": versions.programs,
    "contracts": contracts.of_services,
    "ports": ports.ports,
    "certificates": certificates.of_the_machine,
    "clocks": clocks.of_stores_and_edge,
    "migrations": stores.migrations,
    "postgres": stores.postgres,
    "redis": stores.redis,
    "kafka": stores.kafka,
    "disk": room.disk,
    "memory": room.memory,
    "files": room.files,
    "secrets": secrets.secrets,
    "leftovers": leftovers.leftovers,
    "parts": leftovers.parts,
}


def examine(settings: MeshSettings) -> list[Finding]:
    """Returns what is found of the mesh of a state folder, whether it runs or not, and of this machine."""
    patient = Patient.of(settings)
    return _found({name: partial(check, patient) for name, check in LOCAL.items()})


def examine_edge(url: str, authority: Path | None = None) -> list[Finding]:
    """Returns what is found of a platform elsewhere, as far as its edge tells, and of this installation.

    `authority` is the PEM file of who vouches for an https edge; None: those that everybody trusts.
    """
    there = edge.Edge(url, authority)
    return _found(
        {
            "python": versions.python,
            "packages": versions.packages,
            "edge": partial(edge.answers, there),
            "certificates": partial(certificates.of_edge, there),
            "clocks": partial(clocks.of_edge, there),
            "contracts": partial(contracts.of_edge, there),
        }
    )


def _found(checks: dict[str, Check]) -> list[Finding]:
    with ThreadPoolExecutor(8) as pool:
        each: Sequence[list[Finding]] = list(pool.map(_made, checks, checks.values()))
    return [finding for findings in each for finding in findings]


def _made(name: str, check: Check) -> list[Finding]:
    """Returns what a check finds; whatever ends it ends none of the others, and what it found before counts."""
    found: list[Finding] = []
    try:
        found += check()
    except Exception as error:
        found.append(unknown(name, f"could not be checked: {_told(error)}", "see qpo status and qpo logs"))
    return found


def _told(error: Exception) -> str:
    """Returns what may be shown of an error: of one in what was given, its kind alone, since a url holds a password."""
    return str(error) if isinstance(error, _SHOWN) and str(error) else type(error).__name__
