"""Prometheus beside the mesh: it reads every process, reckons the rules and tells Alertmanager."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template

from stack.addresses import MONITORS, SERVICES, Addresses
from stack.layout import ROOT
from stack.part import Command
from stack.probes import ask_http
from stack.programs import program

OBSERVABILITY = ROOT / "observability"
# The specification's: of what is cheap to read and of what asks a store, in seconds.
OFTEN, SELDOM = 15.0, 30.0


def render(addresses: Addresses, seconds: float | None = None) -> str:
    """Returns what Prometheus reads, as YAML; `seconds` between two looks, None: the specification's."""
    names = {name: f"{addresses.host}:{addresses.ports[name]}" for name in MONITORS}
    values = {
        "OFTEN": f"{1000 * (seconds or OFTEN):.0f}ms",
        "SELDOM": f"{1000 * (seconds or SELDOM):.0f}ms",
        "RULES": str(OBSERVABILITY / "rules" / "*.yml"),
        "SERVICES": json.dumps(_services(addresses)),
        # Loopback, whatever the rest listens on.
        "EDGE_ADMIN": f"127.0.0.1:{addresses.ports['edge_admin']}",
        **{name.upper(): address for name, address in names.items()},
    }
    return Template((OBSERVABILITY / "prometheus" / "one-machine.yml").read_text(encoding="utf-8")).substitute(values)


def _services(addresses: Addresses) -> list[dict[str, object]]:
    """The replicas that run here; what others run, they read."""
    return [
        {"targets": [addresses.metrics(replica)], "labels": {"service": service}}
        for service in SERVICES
        for replica in addresses.replicas(service)
        if replica in addresses.ports
    ]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """The server, which keeps what it read for fifteen days."""

    addresses: Addresses
    data: Path
    # Between two looks; None: the specification's.
    seconds: float | None = None
    name: str = "prometheus"
    needs: tuple[str, ...] = ()

    @property
    def port(self) -> int:
        """Its port."""
        return self.addresses.ports[self.name]

    @property
    def address(self) -> str:
        """Its `host:port`, of the page and the API."""
        return f"{self.addresses.host}:{self.port}"

    @property
    def command(self) -> Command:
        """In the foreground."""
        options = {
            "config.file": self._config,
            "storage.tsdb.path": self.data / "series",
            "storage.tsdb.retention.time": "15d",
            "web.listen-address": self.address,
            "log.level": "warn",
        }
        return Command((program("prometheus"), *(f"--{key}={value}" for key, value in options.items())))

    @property
    def _config(self) -> Path:
        return self.data / "prometheus.yml"

    def prepare(self) -> None:
        """Writes its configuration. Raises CannotStart if the program is missing."""
        program("prometheus")
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config.write_text(render(self.addresses, self.seconds), encoding="utf-8")

    def settle(self) -> None:
        """Nothing must stand beside it."""

    def probe(self) -> None:
        """Asks whether it answers queries."""
        ask_http(f"http://{self.address}", "/-/ready")
