"""Streams without an end, taken up again behind the last message."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.protobuf.message import Message

# How often in a row a stream is taken up in vain before its error is the caller's.
TRIES = 8


class Patience:
    """How long to wait before the next try: 0.1 s, doubling up to 5 s, each between half and the whole of it."""

    def __init__(
        self,
        tries: int = TRIES,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.now = now
        self._tries, self._sleep, self._chance = tries, sleep, chance
        self._failed = 0

    def renew(self) -> None:
        """Something came: all tries are there again."""
        self._failed = 0

    def endure(self, broken: grpc.RpcError | None) -> None:
        """Waits. Raises what broke if no server is not the reason, or too often in a row; None: the stream ended."""
        self._failed += 1
        if broken is not None and (broken.code() is not grpc.StatusCode.UNAVAILABLE or self._failed >= self._tries):
            raise broken
        self._sleep(min(0.1 * 2 ** (self._failed - 1), 5.0) * (1 + self._chance()) / 2)


def follow(method: Callable[[Any], Any], request: Message, *, patience: Patience | None = None) -> Iterator[Any]:
    """The messages of a Subscribe method, for as long as they are asked for.

    When the server ends the stream, as it does after its maximum age, or cannot be reached, the stream is taken up
    behind the cursor of the last message. A message with `snapshot` set says that this place is no longer kept: what
    was told before is out of date. Raises grpc.RpcError for every other refusal, and when the server stays away;
    ValueError for a request without a cursor. Closing the iterator ends the stream.
    """
    if "cursor" not in request.DESCRIPTOR.fields_by_name:
        raise ValueError(f"{request.DESCRIPTOR.full_name} has no cursor: call the method itself")
    patience = patience or Patience()
    asked: Any = type(request)()
    asked.CopyFrom(request)
    while True:
        stream = method(asked)
        try:
            for message in stream:
                patience.renew()
                asked.cursor = message.cursor or asked.cursor
                yield message
        except grpc.RpcError as broken:
            patience.endure(broken)
        else:
            patience.endure(None)
        finally:
            stream.cancel()
