"""A mesh that another process runs: asked how it is, stopped, its logs read."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack import control
from stack.addresses import service_of
from stack.events import READY_STATES, MeshStatus, PartStatus, State
from stack.layout import Layout
from stack.part import CannotStart, NotReady, Part
from stack.parts import all_parts
from stack.process import last_lines
from stack.record import Lock, Record, await_free
from stack.settings import MeshSettings


def status(state_dir: Path) -> MeshStatus:
    """Returns the mesh of a state folder, each part asked right now over its own protocol."""
    layout = Layout.of(state_dir)
    record = Record.read(layout)
    if record.addresses is None or not Lock.is_held(layout.lock):
        stopped = [dataclasses.replace(part, state=State.STOPPED, pid=None) for part in record.parts]
        return MeshStatus(False, None, None, stopped)
    settings = MeshSettings(state_dir=state_dir, durable=record.durable)
    parts = {part.name: part for part in all_parts(settings, layout, record.addresses)}
    with ThreadPoolExecutor(len(parts)) as pool:
        seen = list(pool.map(lambda known: _asked(known, parts[known.name]), record.parts))
    return MeshStatus(True, record.pid, record.addresses.edge_url, seen)


def _asked(known: PartStatus, part: Part) -> PartStatus:
    """Returns what is known of a part, corrected by its own answer."""
    if known.state not in READY_STATES:
        return known
    try:
        part.probe()
    except NotReady as silence:
        return dataclasses.replace(known, state=State.FAILED, detail=str(silence))
    return known


def restart(state_dir: Path, names: Sequence[str]) -> Iterator[str]:
    """Replaces the named parts of a mesh that goes on working, all services if none is named; yields what is done.

    Raises CannotStart if none runs there, or a part cannot be replaced or does not come back.
    """
    layout = Layout.of(state_dir)
    if not Lock.is_held(layout.lock):
        raise CannotStart(f"no mesh runs in {layout.root}: qpo up")
    yield from control.ask(layout.control, names)


def down(state_dir: Path, timeout: float = 30.0) -> bool:
    """Stops the mesh of a state folder; True if one ran. What a killed one left behind is ended too."""
    layout = Layout.of(state_dir)
    record = Record.read(layout)
    if not Lock.is_held(layout.lock):
        record.end_what_is_left()
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(record.pid, signal.SIGTERM)
    if not await_free(layout.lock, timeout):
        # Its guard ends the children.
        os.kill(record.pid, signal.SIGKILL)
        await_free(layout.lock, timeout)
        record.end_what_is_left()
    return True


def logs(
    state_dir: Path,
    parts: Sequence[str] = (),
    lines: int = 50,
    follow: bool = False,
    stop: threading.Event | None = None,
) -> Iterator[tuple[str, str]]:
    """Yields (part, line): the last `lines` of each log, then, with `follow`, new ones until `stop` is set.

    A service's name stands for all its replicas.
    """
    folder = Layout.of(state_dir).log("any").parent
    chosen = [
        path for path in sorted(folder.glob("*.log")) if not parts or {path.stem, service_of(path.stem)} & set(parts)
    ]
    ends = {path: path.stat().st_size for path in chosen}
    for path in chosen:
        yield from ((path.stem, line) for line in last_lines(path, lines).splitlines())
    stop = stop or threading.Event()
    while follow and not stop.wait(0.2):
        for path in chosen:
            text, ends[path] = _since(path, ends[path])
            yield from ((path.stem, line) for line in text.splitlines())


def _since(path: Path, start: int) -> tuple[str, int]:
    """Returns the whole lines written after byte `start`, and where they end."""
    with path.open("rb") as log:
        log.seek(start)
        new = log.read()
    whole = new[: new.rfind(b"\n") + 1]
    return whole.decode(errors="replace"), start + len(whole)
