"""What the stack reports of its parts."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


class State(enum.StrEnum):
    """Where a part is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    # Someone else runs it, and it answers.
    EXTERNAL = "external"


READY_STATES = frozenset({State.READY, State.EXTERNAL})


@dataclass(frozen=True, slots=True)
class Event:
    """A part changed its state."""

    part: str
    state: State
    # Why, for people; empty if there is nothing to add.
    detail: str
    # Unix time, seconds.
    at: float


@dataclass(frozen=True, slots=True)
class PartStatus:
    """A part as it is now."""

    name: str
    state: State
    address: str
    # None if no process of ours runs.
    pid: int | None = None
    # How often it was started again after it died.
    restarts: int = 0
    # Since when it has been in this state; unix time, seconds.
    since: float = 0.0
    detail: str = ""
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class MeshStatus:
    """The mesh as it is now."""

    running: bool
    # The process that runs it.
    pid: int | None
    edge_url: str | None
    parts: list[PartStatus]
