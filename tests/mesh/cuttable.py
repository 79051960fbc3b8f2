"""A line to the edge that can be cut, and mended."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

AT_ONCE = struct.pack("ii", 1, 0)


class Cuttable:
    """Passes bytes on between whoever connects and a `host:port`."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host.strip("[]"), int(port))
        self._door = socket.create_server(("127.0.0.1", 0))
        self._ends: set[socket.socket] = set()
        self._whole = True
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def cut(self) -> None:
        """Breaks what is open, and lets nobody in until it is mended."""
        self._whole = False
        for end in list(self._ends):
            _break(end)

    def mend(self) -> None:
        """Lets everybody in again."""
        self._whole = True

    def close(self) -> None:
        """Ends for good."""
        self.cut()
        _break(self._door)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                if not self._whole:
                    _break(near)
                    continue
                far = socket.create_connection(self._target)
                self._ends |= {near, far}
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        for end in (source, sink):
            self._ends.discard(end)
            _break(end)


def _break(end: socket.socket) -> None:
    """Closes with a reset, whoever reads from it or waits for it."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextlib.contextmanager
def cuttable(target: str) -> Iterator[Cuttable]:
    """A line that is closed afterwards."""
    line = Cuttable(target)
    try:
        yield line
    finally:
        line.close()
