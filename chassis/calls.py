"""The calls that a server has in hand, so that it can stop without losing one."""

from __future__ import annotations

import asyncio

from chassis.context import Call
from chassis.errors import Draining

_STOPPING = "this server is stopping; call again on another connection"
_BITS = 10  # of a silence


class Calls:
    """Counts calls in and out; once draining, turns new ones away, and before that, if asked to, endless ones alone."""

    def __init__(self) -> None:
        self._open: set[Call] = set()
        self._draining = False
        self._ending = False
        self._begun = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, call: Call) -> None:
        """Takes a call in hand; raises Draining if the server takes no more."""
        if self._draining or (self._ending and call.max_age is not None):
            raise Draining(_STOPPING)
        self._begun.set()
        self._open.add(call)
        self._idle.clear()

    def end(self, call: Call) -> None:
        """Lets go of a call."""
        self._open.discard(call)
        if not self._open:
            self._idle.set()

    def drain(self) -> None:
        """Turns new calls away from now on, and ends those that would not end by themselves."""
        self._draining = True
        self.end_endless()

    def end_endless(self) -> None:
        """Ends the calls that would not end by themselves, and takes no more of them."""
        self._ending = True
        for call in self._open:
            if call.max_age is not None and call.task is not None:
                call.drained = True
                call.task.cancel()

    async def quiet(self, seconds: float) -> None:
        """Returns once none has come for so long; how long those in hand take says nothing of that.

        Listened for bit by bit: a loop that was held up has read nothing meanwhile, which is no silence.
        """
        listened = 0
        while listened < _BITS:
            self._begun.clear()
            await asyncio.sleep(seconds / _BITS)
            listened = 0 if self._begun.is_set() else listened + 1

    async def idle(self) -> None:
        """Returns once no call is in hand."""
        await self._idle.wait()
