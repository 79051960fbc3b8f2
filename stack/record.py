"""What a running mesh writes down, so that another process can ask about it, and the next one can tidy up after it."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from stack import guard
from stack.addresses import Addresses
from stack.events import PartStatus, State
from stack.layout import Layout
from stack.part import CannotStart
from stack.settings import MeshSettings


class Lock:
    """Held as long as a process runs a mesh in a state folder; the kernel lets go of it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def __enter__(self) -> Lock:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise CannotStart(f"a mesh already runs in {self._path.parent}: see `qpo status`, or `qpo down`") from None
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            os.close(self._file)

    @staticmethod
    def is_held(path: Path) -> bool:
        """Returns whether a process runs a mesh there."""
        if not path.exists():
            return False
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


@dataclasses.dataclass(frozen=True)
class Record:
    """The contents of `state.json`; empty if nothing was written."""

    mark: str = ""
    pid: int = 0
    addresses: Addresses | None = None
    # The settings that say how parts are asked; secrets are not among them.
    durable: bool = True
    parts: tuple[PartStatus, ...] = ()

    @classmethod
    def of(cls, mark: str, addresses: Addresses | None, settings: MeshSettings, parts: list[PartStatus]) -> Record:
        """Records the mesh that this process runs."""
        return cls(mark, os.getpid(), addresses, settings.durable, tuple(parts))

    @classmethod
    def read(cls, layout: Layout) -> Record:
        """Reads the last record; an empty one if there is none or it is torn."""
        try:
            stored: dict[str, Any] = json.loads(layout.state.read_text())
            addresses = Addresses(**stored["addresses"]) if stored["addresses"] else None
            parts = tuple(_part(part) for part in stored["parts"])
            return cls(stored["mark"], stored["pid"], addresses, stored["durable"], parts)
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, layout: Layout) -> None:
        """Replaces the last record, whole or not at all; readable by the owner alone."""
        draft = layout.state.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(dataclasses.asdict(self), default=str))
        draft.replace(layout.state)

    def end_what_is_left(self) -> None:
        """Ends the processes of a mesh whose owner, and guard, were killed."""
        if not self.mark:
            return
        carriers = guard.marked(self.mark)
        # A server that writes its title over its environment is known by its pid and its log alone.
        listed = {part.pid: _wish(part.name) for part in self.parts if part.pid and self._is_ours(part, carriers)}
        guard.end(listed, self.mark)

    def _is_ours(self, part: PartStatus, carriers: set[int]) -> bool:
        """Returns whether the recorded pid still is that part's process, and not a stranger's that got its number."""
        if part.pid in carriers:
            return True
        try:
            output = (Path("/proc") / str(part.pid) / "fd" / "1").resolve()
        except OSError:
            return False
        return part.log is not None and output == part.log.resolve()


def _wish(part: str) -> int:
    return signal.SIGINT if part == "postgres" else signal.SIGTERM


def _part(stored: dict[str, Any]) -> PartStatus:
    log = stored.pop("log")
    return PartStatus(**{**stored, "state": State(stored["state"]), "log": Path(log) if log else None})


def await_free(path: Path, timeout: float) -> bool:
    """Waits until no process holds the lock at `path`; False if one still does after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while Lock.is_held(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
