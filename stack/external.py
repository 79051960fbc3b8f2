"""A part that someone else runs: it is only asked whether it is ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from stack.part import Command
from stack.postgres import ask_postgres
from stack.probes import ask_edge, ask_grpc, ask_redis

_QUESTIONS: dict[str, Callable[[str], None]] = {"postgres": ask_postgres, "redis": ask_redis, "envoy": ask_edge}


@dataclass(frozen=True, slots=True)
class External:
    """A part at a given address, or url."""

    name: str
    url: str
    needs: tuple[str, ...] = ()
    port: int | None = None

    @property
    def address(self) -> str:
        """The address without any password."""
        parts = urlsplit(self.url)
        return self.url if "://" not in self.url else f"{parts.hostname or parts.path}:{parts.port or ''}".rstrip(":")

    @property
    def command(self) -> Command | None:
        """None: nothing is started."""
        return None

    def prepare(self) -> None:
        """Nothing is made."""

    def settle(self) -> None:
        """Nothing is made."""

    def probe(self) -> None:
        """Asks it by its own protocol."""
        _QUESTIONS.get(self.name, ask_grpc)(self.url)
