"""How another process asks the one that runs a mesh for something: a unix socket in the state folder.

One request a connection, a line of JSON; the answers are lines, the last of which says how it ended. Who may enter the
folder may ask.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from stack.part import CannotStart

_LONGEST = 65_536  # bytes of a request
_PATIENCE = 10.0  # seconds in which whoever connects must say what they want, and take what they are told
_PAUSE = 1.0  # seconds until the next try where none can be heard
# Told of what is done meanwhile; raises CannotStart with what went wrong.
Handler = Callable[[Sequence[str], Callable[[str], None]], None]


class Control:
    """A thread that takes requests, one after the other, until the block is left."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path, self._handler = path, handler
        self._over = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX)
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def __enter__(self) -> Control:
        self._path.unlink(missing_ok=True)
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)
        self._socket.listen()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                # Closed, since the mesh ends; or there are too many open files, as may happen to anybody.
                self._over.wait(_PAUSE)
                continue
            connection.settimeout(_PATIENCE)
            # Whoever asked may be gone; what was asked for is done all the same.
            with contextlib.suppress(OSError), connection, connection.makefile("rw") as lines:
                self._serve(lines)

    def _serve(self, lines: IO[str]) -> None:
        def tell(text: str, **more: str) -> None:
            with contextlib.suppress(OSError):
                lines.write(json.dumps({"told": text, **more}) + "\n")
                lines.flush()

        try:
            self._handler(_names(lines.readline(_LONGEST)), tell)
        except CannotStart as reason:
            tell(str(reason), end="failed")
        except Exception as error:
            # One request that went wrong in a way nobody thought of must not be the last that is answered.
            logging.getLogger(__name__).exception("a request was not done")
            tell(f"{type(error).__name__}: {error}", end="failed")
        else:
            tell("", end="done")


def _names(line: str) -> list[str]:
    """Reads a request. Raises CannotStart if it is none."""
    try:
        return [str(name) for name in json.loads(line)]
    except (ValueError, TypeError) as error:
        raise CannotStart("a request is a list of names in JSON, on one line") from error


def ask(path: Path, names: Sequence[str]) -> Iterator[str]:
    """Yields what is told while it is done. Raises CannotStart if nobody takes requests there, or it went wrong."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError as error:
            raise CannotStart(f"nobody takes requests at {path}: {error.strerror}") from error
        for line in _told(connection, json.dumps(list(names))):
            answer = json.loads(line)
            if answer.get("end") == "failed":
                raise CannotStart(answer["told"])
            if answer.get("end") == "done":
                return
            yield answer["told"]
    raise CannotStart("the process that runs the mesh ended meanwhile")


def _told(connection: socket.socket, request: str) -> Iterator[str]:
    """Yields the lines of the answer, as far as they come whole."""
    with contextlib.suppress(OSError), connection.makefile("rw") as lines:
        lines.write(request + "\n")
        lines.flush()
        yield from (line for line in lines if line.endswith("\n"))
