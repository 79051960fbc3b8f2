"""What reads PostgreSQL, Redis and the machine for Prometheus: Debian's exporters, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stack.layout import ROOT
from stack.part import Command
from stack.probes import ask_http
from stack.programs import program


@dataclass(frozen=True, slots=True)
class Exporter:
    """One exporter. It starts whether or not what it reads is there, and tells that too."""

    name: str
    host: str
    port: int
    # Whatever else it is told; where it finds its store, which may hold a password, by environment variable.
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Its `host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def command(self) -> Command:
        """In the foreground."""
        listens = f"--web.listen-address={self.address}"
        return Command((program(f"prometheus-{self.name}"), listens, *self.options), self.environment)

    def prepare(self) -> None:
        """Raises CannotStart if the program is missing."""
        program(f"prometheus-{self.name}")

    def settle(self) -> None:
        """Nothing must stand beside it."""

    def probe(self) -> None:
        """Asks for its page, not for its metrics: those need the store."""
        ask_http(f"http://{self.address}", "/")


def of_postgres(host: str, port: int, url: str) -> Exporter:
    """Reads PostgreSQL as whoever the url names; the default figures, without the thousand settings."""
    # The collector of the background writer asks for columns that PostgreSQL 17 moved.
    questions = f"--extend.query-path={ROOT / 'observability' / 'prometheus' / 'postgres.yml'}"
    options = ("--disable-settings-metrics", "--no-collector.bgwriter", questions, "--log.level=error")
    return Exporter("postgres-exporter", host, port, options, {"DATA_SOURCE_NAME": url})


def of_redis(host: str, port: int, url: str) -> Exporter:
    """Reads Redis."""
    return Exporter("redis-exporter", host, port, environment={"REDIS_ADDR": url})


def of_node(host: str, port: int) -> Exporter:
    """Reads the machine: processors, memory, disks, network."""
    return Exporter("node-exporter", host, port, ("--log.level=error",))
