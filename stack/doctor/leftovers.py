"""Whether anything was left behind by a mesh that is gone, and whether all of the one that runs is well."""

from __future__ import annotations

from collections.abc import Iterator

from stack import elsewhere, guard
from stack.doctor.finding import Finding, fine, unknown, warning, wrong
from stack.doctor.patient import Patient
from stack.events import READY_STATES

_OFTEN = 3  # restarts


def leftovers(patient: Patient) -> Iterator[Finding]:
    """Processes without an owner, and what an interrupted restore left."""
    root, found = patient.layout.root, []
    if not patient.runs and patient.record.mark and (orphans := guard.marked(patient.record.mark)):
        pids = ", ".join(map(str, sorted(orphans)))
        found.append(wrong("leftovers", f"processes of a mesh that was killed: {pids}", f"qpo down --state-dir {root}"))
    for folder in root.glob(".restoring-*"):
        found.append(warning("leftovers", f"{folder} is half of a restore that was ended", f"rm -r {folder}"))
    yield from found or [fine("leftovers", "nothing")]


def parts(patient: Patient) -> Iterator[Finding]:
    """Each part of the mesh that runs, asked now."""
    if not patient.runs:
        yield unknown("parts", "no mesh runs here: qpo up")
        return
    seen = elsewhere.status(patient.layout.root).parts
    for part in seen:
        if part.state not in READY_STATES:
            yield wrong(
                "parts", f"{part.name} is {part.state.value}: {part.detail or 'see its log'}", f"qpo logs {part.name}"
            )
        elif part.restarts > _OFTEN:
            yield warning("parts", f"{part.name} died {part.restarts} times", f"qpo logs {part.name}")
    if all(part.state in READY_STATES for part in seen):
        yield fine("parts", f"{len(seen)} ready")
