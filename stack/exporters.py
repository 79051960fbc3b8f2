"""What reads PostgreSQL, Redis and the machine for Prometheus: Debian's exporters, as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from stack.layout import ROOT, replace_secret
from stack.part import Command
from stack.probes import ask_http
from stack.programs import program


@dataclass(frozen=True, slots=True)
class Exporter:
    """One exporter. It starts whether or not what it reads is there, and tells that too."""

    # Without a hyphen, behind which the numbers of replicas stand.
    name: str
    host: str
    port: int
    # Whatever else it is told.
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    # What nobody may see who looks at processes: content by file, which it is told of by an environment variable.
    secrets: Mapping[Path, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Its `host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def command(self) -> Command:
        """In the foreground."""
        listens = f"--web.listen-address={self.address}"
        return Command((self._program(), listens, *self.options), self.environment)

    def _program(self) -> str:
        return program(f"prometheus-{self.name.replace('_', '-')}")

    def prepare(self) -> None:
        """Writes what it is told by files. Raises CannotStart if the program is missing."""
        self._program()
        for path, content in self.secrets.items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_secret(path, content)

    def settle(self) -> None:
        """Nothing must stand beside it."""

    def probe(self) -> None:
        """Asks for its page, not for its metrics: those need the store."""
        ask_http(f"http://{self.address}", "/")


def of_postgres(host: str, port: int, url: str, told: Path) -> Exporter:
    """Reads PostgreSQL as whoever the url names; the default figures, without the thousand settings."""
    parts = urlsplit(url)
    where = urlunsplit(("", "", parts.path, parts.query, ""))
    secrets = {told / "user": unquote(parts.username or ""), told / "password": unquote(parts.password or "")}
    environment = {
        "DATA_SOURCE_URI": parts.netloc.rpartition("@")[2] + where,
        "DATA_SOURCE_USER_FILE": str(told / "user"),
        "DATA_SOURCE_PASS_FILE": str(told / "password"),
    }
    questions = f"--extend.query-path={ROOT / 'observability' / 'prometheus' / 'postgres.yml'}"
    # The collector of the background writer asks for columns that PostgreSQL 17 moved.
    options = ("--disable-settings-metrics", "--no-collector.bgwriter", questions, "--log.level=error")
    return Exporter("postgres_exporter", host, port, options, environment, secrets)


def of_redis(host: str, port: int, url: str, told: Path) -> Exporter:
    """Reads Redis as whoever the url names."""
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    environment = {"REDIS_ADDR": address, "REDIS_USER": unquote(parts.username or "")}
    if parts.password is None:
        return Exporter("redis_exporter", host, port, environment=environment)
    passwords = {told / "passwords": json.dumps({address: unquote(parts.password)})}
    environment["REDIS_PASSWORD_FILE"] = str(told / "passwords")
    return Exporter("redis_exporter", host, port, environment=environment, secrets=passwords)


def of_node(host: str, port: int) -> Exporter:
    """Reads the machine: processors, memory, disks, network."""
    return Exporter("node_exporter", host, port, ("--log.level=error",))
