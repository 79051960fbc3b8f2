"""The board: every part of the mesh with its state, kept up to date while it starts, runs and stops."""

import threading
import time
from collections.abc import Iterable
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from clients.cli.output import grid
from stack.events import Event, MeshStatus, PartStatus, State

_STYLES = {
    State.READY: "green",
    State.EXTERNAL: "green",
    State.STARTING: "cyan",
    State.RESTARTING: "yellow",
    State.STOPPING: "cyan",
    State.FAILED: "bold red",
}
_TROUBLED = frozenset({State.FAILED, State.RESTARTING})
_COLUMNS = ("part", "state", "address", ">pid", ">restarts")


class Stopwatch:
    """Seconds each part took from its last start to its being ready. Events may come from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._took: dict[str, float] = {}

    def note(self, event: Event) -> None:
        """Takes an event of the mesh."""
        with self._lock:
            if event.state in (State.STARTING, State.RESTARTING):
                self._started[event.part] = event.at
            elif event.state is State.READY and event.part in self._started:
                self._took[event.part] = event.at - self._started[event.part]

    def of(self, part: str) -> float | None:
        """How long the part took; None if it never became ready under our eyes."""
        with self._lock:
            return self._took.get(part)


def board(parts: Iterable[PartStatus], watch: Stopwatch | None = None) -> RenderableType:
    """One row per part; without a stopwatch it says how long each has been in its state. What is wrong stands below."""
    known = list(parts)
    rows = [
        (
            part.name,
            Text(part.state.value, _STYLES.get(part.state, "dim")),
            "unix socket" if "/" in part.address else part.address,
            str(part.pid) if part.pid else "–",
            str(part.restarts) if part.restarts else "–",
            _took(watch.of(part.name)) if watch else _age(time.time() - part.since),
        )
        for part in known
    ]
    wrong = [f"{part.name}: {part.detail}" for part in known if part.detail and part.state in _TROUBLED]
    return grid((*_COLUMNS, ">ready after" if watch else ">for"), rows, note="\n".join(wrong))


def _took(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"


def _age(seconds: float) -> str:
    if seconds < 60:
        return f"{max(seconds, 0.0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def content(found: MeshStatus) -> dict[str, Any]:
    """The status of a mesh for programs."""
    parts = [
        {
            "name": part.name,
            "state": part.state.value,
            "address": part.address,
            "pid": part.pid,
            "restarts": part.restarts,
            "since": part.since,
            "detail": part.detail,
        }
        for part in found.parts
    ]
    return {"running": found.running, "pid": found.pid, "edge_url": found.edge_url, "parts": parts}
