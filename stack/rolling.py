"""Replaces the processes of a mesh that goes on working: replica after replica, and the edge by its own successor."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from stack.addresses import MONITORS, SERVICES, Addresses, service_of
from stack.envoy import Envoy
from stack.keeper import Board, Keeper
from stack.part import CannotStart
from stack.seen_by_edge import await_sent_calls

EDGE = "edge"
# Seconds until the edge has surely asked how a replica is, and seen it.
NOTICE = 10.0
# Peers look for a lost replica once a second (chassis.transport): before the next one goes, they have found the last.
REST = 2.5
Tell = Callable[[str], None]


class Rolling:
    """What `qpo restart` does, one request at a time."""

    def __init__(self, keepers: Mapping[str, Keeper], addresses: Addresses, board: Board) -> None:
        self._keepers, self._addresses, self._board = keepers, addresses, board
        self._turn = threading.Lock()

    def restart(self, names: Sequence[str], tell: Tell) -> None:
        """Replaces the named parts – all services if none is – and tells what it does.

        The first that does not come back ends it, and the rest is left as it is. Raises CannotStart; at once, and with
        nothing done, for a part that cannot be replaced while others use it.
        """
        chosen = self._chosen(names)
        with self._turn:
            for name in chosen:
                began = time.monotonic()
                self._replace(name, tell)
                tell(f"{name} is another process after {time.monotonic() - began:.1f} s")

    def _chosen(self, names: Sequence[str]) -> list[str]:
        chosen: list[str] = []
        for name in names or SERVICES:
            part = "envoy" if name == EDGE else name
            replicas = self._addresses.replicas(part) if part in SERVICES else (part,)
            for each in replicas:
                self._refuse(each)
            chosen += [each for each in replicas if each not in chosen]
        return chosen

    def _refuse(self, name: str) -> None:
        """Raises CannotStart for a part that cannot be replaced here."""
        if name in ("postgres", "redis"):
            raise CannotStart(
                f"{name} is there once, and what it does is not to be taken over: qpo down, then qpo up;"
                " calls meanwhile are UNAVAILABLE and nothing that was answered is lost"
            )
        if name in self._addresses.external:
            raise CannotStart(f"{name} runs elsewhere: restart it there")
        if name not in self._keepers:
            known = ", ".join([*SERVICES, EDGE])
            raise CannotStart(f"there is no part {name!r}: say {known}, or a replica such as portfolio-2")

    def _replace(self, name: str, tell: Tell) -> None:
        if name == "envoy":
            self._succeed_edge()
        elif name in MONITORS:
            # Nobody's calls go there, and it knows no way to leave.
            keeper = self._keepers[name]
            keeper.replace(keeper.dismiss())
        else:
            self._roll(name, tell)

    def _is_sent_calls(self, name: str) -> bool:
        """Waits until the edge sends a replica calls. An edge elsewhere, of which nobody can tell, is given time."""
        seen = await_sent_calls(self._addresses, name, True, NOTICE, lambda: self._board.stopping)
        return seen or "envoy" in self._addresses.external

    def _roll(self, name: str, tell: Tell) -> None:
        keeper = self._keepers[name]
        others = [each for each in self._addresses.replicas(service_of(name)) if each != name]
        if not others:
            tell(f"{name} is there once: until it is back, calls to it are UNAVAILABLE; see qpo up --replicas 2")
        keeper.await_ready(NOTICE)
        for other in others:
            if not self._is_sent_calls(other):
                raise CannotStart(f"{name} cannot go while the edge sends {other} no calls: see qpo doctor")
        leaving = keeper.leave()
        await_sent_calls(self._addresses, name, False, NOTICE, lambda: self._board.stopping)
        keeper.replace(leaving)
        if not self._is_sent_calls(name):
            raise CannotStart(f"the edge sends {name} no calls although it is ready: see qpo doctor")
        keeper.pause(REST)

    def _succeed_edge(self) -> None:
        keeper = self._keepers["envoy"]
        envoy = keeper.part
        if not isinstance(envoy, Envoy):
            raise CannotStart("the edge runs elsewhere: restart it there")
        envoy.check()
        keeper.succeed(lambda generation: dataclasses.replace(envoy, epoch=generation))
