"""What the stack runs: a part has a command, and answers whether it is ready."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

# Asks a service to say that it takes no calls, while it takes those of callers who have not heard it yet.
LEAVE = signal.SIGUSR1
# Seconds that it has for its calls once it is to end behind that; it is told so. The longest unary one has 62 at the
# edge, and for up to five new ones may come.
LEAVING = 68.0
# Seconds that it has besides, to tell the bus what it still holds.
TIDYING = 5.0


class NotReady(Exception):
    """The part does not answer yet; the text says what was tried and what came back."""


class CannotStart(Exception):
    """The part cannot be started at all; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a process is started."""

    argv: tuple[str, ...]
    # Added to the environment that the stack itself was started with.
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    # What asks the process to end cleanly.
    stop_signal: signal.Signals = signal.SIGTERM
    # Seconds it may take to end cleanly before it is killed.
    stop_grace: float = 8.0


class Part(Protocol):
    """One process of the mesh, or the address of one that someone else runs."""

    @property
    def name(self) -> str:
        """The part's one word, e.g. `portfolio`."""

    @property
    def address(self) -> str:
        """Where it answers: `host:port`, or the path of a unix socket."""

    @property
    def port(self) -> int | None:
        """The TCP port that its own process must hold, so that a stranger's answer is not taken for its; None: none."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The parts that must be ready before this one is started."""

    @property
    def command(self) -> Command | None:
        """How to start it; None if it runs elsewhere and is only asked whether it is ready."""

    def prepare(self) -> None:
        """Makes what the command needs: folders, configuration, an initialised database; before every start of it.

        Raises CannotStart.
        """

    def settle(self) -> None:
        """Does once, when the process first answers, what must stand before others use it."""

    def probe(self) -> None:
        """Asks the part over its own protocol. Raises NotReady if it does not answer as it should."""
