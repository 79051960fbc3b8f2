"""Keys in files that their owner alone may read."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
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
    with _drafted(path, content) as draft, contextlib.suppress(FileExistsError):
        os.link(draft, path)


def replace(path: Path, content: bytes) -> None:
    """Write the whole file with mode 0600 in place of what is there: whoever reads it reads the one or the other."""
    with _drafted(path, content) as draft:
        other = draft.with_name(f"{draft.name}.whole")
        os.link(draft, other)
        other.replace(path)
    _keep(path.parent)


@contextlib.contextmanager
def _drafted(path: Path, content: bytes) -> Iterator[Path]:
    """The content in a file beside `path`, safe on the disk, while the block runs."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield Path(draft)
    finally:
        Path(draft).unlink()


def _keep(folder: Path) -> None:
    """See to it that the folder's names outlive a fall of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
