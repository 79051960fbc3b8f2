"""A Kafka broker of one machine, its own controller (KRaft), from the jars that `make kafka` brings."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack.part import CannotStart, Command, NotReady

JARS = Path(__file__).parent.parent / "tools" / "kafka" / "target" / "dependency"
_CLUSTER = "cXBvLW9uLW9uZS1tYWNoaQ"  # 16 bytes in Base64: the data of one cluster is not taken for another's
_HEAP = "512m"


def java() -> str:
    """Returns the Java on the PATH. Raises CannotStart without one, or without the broker's jars."""
    program = shutil.which("java")
    if program is None:
        raise CannotStart("no Java on the PATH: Kafka needs 17 or newer")
    if not JARS.is_dir():
        raise CannotStart("no Kafka: say `make kafka` first, which needs Maven")
    return program


@dataclass(frozen=True, slots=True)
class Kafka:
    """A broker on two ports of loopback: its clients' and its own controller's."""

    data: Path
    port: int
    controller_port: int
    more: Mapping[str, str] = field(default_factory=dict)
    """Settings in place of its own and beside them."""
    name: str = "kafka"
    needs: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """`kafka://host:port`."""
        return f"kafka://{self.address}"

    @property
    def command(self) -> Command:
        """The broker in the foreground."""
        options = (f"-Xmx{_HEAP}", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*")
        return Command((java(), *options, "kafka.Kafka", str(self._properties)))

    def prepare(self) -> None:
        """Writes its settings and formats its data, once. Raises CannotStart if it cannot be run."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._properties.write_text("".join(f"{key}={value}\n" for key, value in self._settings().items()))
        if not (self.data / "log" / "meta.properties").exists():
            options = ("format", "-t", _CLUSTER, "-c", str(self._properties))
            words = [java(), "-cp", f"{JARS}/*", "kafka.tools.StorageTool", *options]
            subprocess.run(words, check=True, capture_output=True)

    def settle(self) -> None:
        """Nothing must stand beside the broker itself."""

    def probe(self) -> None:
        """Connects: the broker listens when it has loaded what it keeps."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
        except OSError as error:
            raise NotReady(f"connecting to {self.address}: {error}") from error

    @property
    def _properties(self) -> Path:
        return self.data / "server.properties"

    def _settings(self) -> dict[str, str]:
        listeners = f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.controller_port}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": listeners,
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.data / "log"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            **self.more,
        }
