"""Keys in files that their owner alone may read."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path


class KeyFileExposed(Exception):
    """A key file can be read or changed by any user of the machine."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is open to every user of this machine: chmod 600 it, and replace the key")


def read(path: Path) -> bytes:
    """The file's content; raises FileNotFoundError, or KeyFileExposed if other users have any access."""
    if path.stat().st_mode & stat.S_IRWXO:
        raise KeyFileExposed(path)
    return path.read_bytes()


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's content; written with what `make` gives, mode 0600, if there is no such file."""
    try:
        return read(path)
    except FileNotFoundError:
        write_once(path, make())
        return read(path)


def write_once(path: Path, content: bytes) -> None:
    """Write the whole file with mode 0600, unless it exists: of several processes the first wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
