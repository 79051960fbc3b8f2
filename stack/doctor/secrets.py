"""Whether what is secret can be read by its owner alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from stack.doctor.finding import Finding, fine, unknown, wrong
from stack.doctor.patient import Patient
from stack.settings import SECRETS_DIR


def secrets(patient: Patient) -> Iterator[Finding]:
    """The keys of the state folder, its record, and the folders of secrets that the environment names."""
    layout = patient.layout
    places = [
        layout.root / "secrets",
        *(Path(each) for each in os.environ.get(SECRETS_DIR, "").split(os.pathsep) if each),
    ]
    kept = [path for place in places if place.exists() for path in (place, *place.rglob("*"))]
    kept += [path for path in (layout.root, layout.state) if path.exists()]
    exposed = [finding for path in kept if (finding := _exposed(path))]
    yield from exposed
    if not kept:
        yield unknown("secrets", f"{layout.root} holds none yet")
    elif not exposed:
        yield fine("secrets", f"{len(kept)} files and folders, each its owner's alone")


def _exposed(path: Path) -> Finding | None:
    try:
        seen = path.lstat()
    except FileNotFoundError:
        return None  # replaced meanwhile, by a rename
    if stat.S_ISLNK(seen.st_mode):
        return None  # what it leads to is somebody else's to close: an orchestrator's mount, say
    mode = stat.S_IMODE(seen.st_mode)
    if mode & 0o077:
        closed = "700" if stat.S_ISDIR(seen.st_mode) else "600"
        return wrong("secrets", f"{path} has mode {mode:04o}: others may use it", f"chmod {closed} {path}")
    if seen.st_uid != os.geteuid() and os.geteuid() != 0:
        return wrong("secrets", f"{path} belongs to user {seen.st_uid}", f"chown -R {os.geteuid()} {path}")
    return None
