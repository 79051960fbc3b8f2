"""The event loop of a service: uvloop, which turns once for all of grpc's operations that have ended.

For each of them grpc writes a byte into a socket; its reader takes one byte, and then all operations there are. So the
frames of a thousand subscribers, sent in one go, made a thousand turns of the loop, nine of ten of which found nothing.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable
from typing import Any, TypeVarTuple

import uvloop

Ts = TypeVarTuple("Ts")

_READER = "PollerCompletionQueue"
_LOOK = socket.MSG_PEEK | socket.MSG_DONTWAIT
_MOST = 4096  # bytes looked at in one turn


class Loop(uvloop.Loop):
    """uvloop that hands grpc's reader the last byte alone of those that wait."""

    def add_reader(self, fd: Any, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        """See `asyncio.loop.add_reader`."""
        read = _at_once(fd, callback) if is_of_grpc(callback) else callback
        super().add_reader(fd, read, *args)


def is_of_grpc(callback: Callable[..., Any]) -> bool:
    """Whether that is how grpc.aio is told of operations that have ended."""
    function = callback.func if isinstance(callback, functools.partial) else callback
    return type(getattr(function, "__self__", None)).__name__ == _READER


def _at_once(wakes: socket.socket, callback: Callable[..., Any]) -> Callable[..., None]:
    """Reads as `callback` does, after all bytes but one are gone.

    They must go before it looks at the operations: a byte that comes later may be of one that it has not seen.
    """

    def read(*args: Any) -> None:
        waiting = len(wakes.recv(_MOST, _LOOK))
        if waiting > 1:
            wakes.recv(waiting - 1)
        callback(*args)

    return read
