"""One table of addresses: which part answers where.

A service may run as several replicas, each a part of its own: the first is named as the service, `portfolio`, the
second `portfolio-2` and so on.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from stack.part import CannotStart
from stack.settings import MeshSettings

SERVICES = ("auth", "portfolio", "marketdata", "ml", "optimizer")
# What answers beside the mesh where it is watched.
MONITORS = ("prometheus", "alertmanager", "postgres_exporter", "redis_exporter", "node_exporter")
# How far the ports of a service's replicas stand apart.
STRIDE = 10
EVERYWHERE = "0.0.0.0"  # noqa: S104 - where it is wanted
# Below the range from which the kernel takes ports for outgoing connections: those could take one before its owner.
FREE_RANGE = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where every part answers. Writes to JSON and back."""

    host: str
    # By name: `edge`, `edge_admin`, `edge_jwks`, a replica, `<replica>_metrics`.
    ports: dict[str, int]
    # The parts that others run, by name: `postgres`, `redis`, `envoy` by url, a replica by `host:port`.
    external: dict[str, str] = field(default_factory=dict)
    # The edge speaks TLS, and all behind it mutual TLS.
    tls: bool = False
    # The edge listens on all addresses of this machine, whatever the rest does.
    edge_everywhere: bool = False

    @property
    def edge_host(self) -> str:
        """The address that the edge listens on."""
        return EVERYWHERE if self.edge_everywhere else self.host

    def replicas(self, service: str) -> tuple[str, ...]:
        """Returns the names of a service's replicas."""
        elsewhere = tuple(name for name in self.external if service_of(name) == service)
        here = (name for name in self.ports if service_of(name) == service and not name.endswith("_metrics"))
        return elsewhere or tuple(here)

    def service(self, name: str) -> str:
        """Returns the gRPC address of one replica."""
        return self.external.get(name) or f"{self.host}:{self.ports[name]}"

    def peers(self, service: str) -> str:
        """Returns the gRPC addresses of all replicas of a service, separated by commas."""
        return ",".join(map(self.service, self.replicas(service)))

    def metrics(self, name: str) -> str:
        """Returns the address of a replica's /metrics."""
        return f"{self.host}:{self.ports[f'{name}_metrics']}"

    @property
    def edge_url(self) -> str:
        """The edge's address for REST, without a final slash."""
        scheme = "https" if self.tls else "http"
        return self.external.get("envoy", f"{scheme}://{self.host}:{self.ports['edge']}").rstrip("/")

    @property
    def edge_address(self) -> str:
        """The edge's address for gRPC, `host:port`."""
        parts = urlsplit(self.edge_url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def replica(service: str, number: int) -> str:
    """Returns the name of a service's replica; `number` counts from 1."""
    return service if number == 1 else f"{service}-{number}"


def service_of(name: str) -> str:
    """Returns the service of a replica, and any other part's name as it is."""
    return name.partition("-")[0]


def choose(settings: MeshSettings) -> Addresses:
    """Settles every address; a port that is taken gives way to a free one. Raises CannotStart if none is free."""
    free = _free_ports(settings.host)
    ports: dict[str, int] = {}
    for name, _, wanted in wanted_ports(settings):
        host = EVERYWHERE if name == "edge" and settings.edge_everywhere else settings.host
        usable = not settings.free_ports and wanted not in ports.values() and is_free(host, wanted)
        ports[name] = wanted if usable else next(free)
    return Addresses(settings.host, ports, _external(settings), settings.tls, settings.edge_everywhere)


def wanted_ports(settings: MeshSettings) -> Iterator[tuple[str, str, int]]:
    """Yields the name of all that listens here, the setting that says where, and the port that comes of it."""

    def wanted(name: str, field: str, further: int = 0) -> tuple[str, str, int]:
        return name, field, getattr(settings, field) + further

    yield wanted("edge", "edge_tls_port" if settings.tls else "edge_port")
    yield wanted("edge_admin", "edge_admin_port")
    yield wanted("edge_jwks", "edge_jwks_port")
    for number in range(1, settings.replicas + 1):
        for service in SERVICES:
            name, further = replica(service, number), STRIDE * (number - 1)
            yield wanted(name, f"{service}_port", further)
            yield wanted(f"{name}_metrics", f"{service}_metrics_port", further)
    if settings.monitoring:
        for name in MONITORS:
            yield wanted(name, f"{name}_port")


def _external(settings: MeshSettings) -> dict[str, str]:
    given: dict[str, str | None] = {}
    for service in SERVICES:
        addresses = [each.strip() for each in (getattr(settings, f"{service}_address") or "").split(",")]
        given |= {replica(service, number): address for number, address in enumerate(addresses, 1)}
    given["postgres"] = settings.postgres_url.get_secret_value() if settings.postgres_url else None
    given["redis"] = settings.redis_url.get_secret_value() if settings.redis_url else None
    given["envoy"] = settings.edge_url
    return {name: address for name, address in given.items() if address}


def _free_ports(host: str) -> Iterator[int]:
    """Yields free ports, each once, from a random start, so that two meshes started at once rarely meet."""
    start = random.randrange(len(FREE_RANGE))  # noqa: S311 - no secret
    for step in range(len(FREE_RANGE)):
        port = FREE_RANGE[(start + step) % len(FREE_RANGE)]
        if is_free(host, port):
            yield port
    raise CannotStart(f"no free port on {host} between {FREE_RANGE.start} and {FREE_RANGE.stop}")


def is_free(host: str, port: int) -> bool:
    """Returns whether nobody listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host, port))
        except OSError:
            return False
    return True
