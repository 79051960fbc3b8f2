"""How another process asks the one that runs a mesh for something: a unix socket in the state folder.

One request a connection, a line of JSON; the answers are lines, the last of which says how it ended. Who may enter the
folder may ask.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from stack.part import CannotStart

_LONGEST = 65_536  # bytes of a request
# Told of what is done meanwhile; raises CannotStart with what went wrong.
Handler = Callable[[Sequence[str], Callable[[str], None]], None]


class Control:
    """A thread that takes requests, one after the other, until the block is left."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path, self._handler = path, handler
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
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed: the mesh ends
            # Whoever asked may be gone; what was asked for is done all the same.
            with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rw") as lines:
                self._serve(lines)

    def _serve(self, lines: IO[str]) -> None:
        names = json.loads(lines.readline(_LONGEST))

        def tell(text: str, **more: str) -> None:
            with contextlib.suppress(OSError):
                lines.write(json.dumps({"told": text, **more}) + "\n")
                lines.flush()

        try:
            self._handler([str(name) for name in names], tell)
        except CannotStart as reason:
            tell(str(reason), end="failed")
        else:
            tell("", end="done")


def ask(path: Path, names: Sequence[str]) -> Iterator[str]:
    """Yields what is told while it is done. Raises CannotStart if nobody takes requests there, or it went wrong."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError as error:
            raise CannotStart(f"nobody takes requests at {path}: {error.strerror}") from error
        with connection.makefile("rw") as lines:
            lines.write(json.dumps(list(names)) + "\n")
            lines.flush()
            for line in lines:
                answer = json.loads(line)
                if answer.get("end") == "failed":
                    raise CannotStart(answer["told"])
                if answer.get("end") == "done":
                    return
                yield answer["told"]
    raise CannotStart("the process that runs the mesh ended meanwhile")
