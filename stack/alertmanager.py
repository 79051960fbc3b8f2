"""Alertmanager beside the mesh: it groups alerts and tells whoever is to know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template

from stack.layout import ROOT, replace_secret
from stack.part import Command
from stack.probes import ask_http
from stack.programs import program

TEMPLATE = ROOT / "observability" / "alertmanager.yml"


def render(url: str | None) -> str:
    """Returns whom it tells, as YAML: the webhook at `url`, nobody without one."""
    receivers = [{"url": url, "send_resolved": True}] if url else []
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(RECEIVERS=json.dumps(receivers))


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """One server, in no cluster of them."""

    host: str
    port: int
    data: Path
    # Of the webhook that is told; None: nobody is.
    url: str | None = None
    name: str = "alertmanager"
    needs: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Its `host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def command(self) -> Command:
        """In the foreground."""
        options = {
            "config.file": self._config,
            "storage.path": self.data / "silences",
            "web.listen-address": self.address,
            "cluster.listen-address": "",
            "log.level": "warn",
        }
        return Command((program("prometheus-alertmanager"), *(f"--{key}={value}" for key, value in options.items())))

    @property
    def _config(self) -> Path:
        return self.data / "alertmanager.yml"

    def prepare(self) -> None:
        """Writes its configuration, in which the url may be secret. Raises CannotStart if the program is missing."""
        program("prometheus-alertmanager")
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_secret(self._config, render(self.url))

    def settle(self) -> None:
        """Nothing must stand beside it."""

    def probe(self) -> None:
        """Asks whether it takes alerts."""
        ask_http(f"http://{self.address}", "/-/ready")
