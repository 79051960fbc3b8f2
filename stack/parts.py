"""The parts of the mesh, each started here or run elsewhere, as the settings say."""

from __future__ import annotations

from stack.addresses import SERVICES, Addresses
from stack.alertmanager import Alertmanager
from stack.envoy import UNLIMITED, Envoy, Traces
from stack.exporters import of_node, of_postgres, of_redis
from stack.external import External
from stack.identities import EDGE, PUBLIC
from stack.layout import Layout
from stack.part import Part
from stack.postgres import Postgres
from stack.prometheus import Prometheus
from stack.redis import Redis
from stack.services import ServiceProcess, Stores
from stack.settings import MeshSettings


def all_parts(settings: MeshSettings, layout: Layout, addresses: Addresses) -> list[Part]:
    """Returns every part, stores first."""
    postgres = Postgres(layout.data("postgres"), layout.sockets("postgres"), durable=settings.durable)
    redis = Redis(layout.data("redis"), layout.sockets("redis"))
    urls = (addresses.external.get("postgres", postgres.url()), addresses.external.get("redis", redis.url))
    stores = Stores(*urls, settings.kafka_url.get_secret_value() if settings.kafka_url else "")
    program = settings.service_command
    extra = {"QPO_OPTIMIZER_WORKERS": str(settings.optimizer_workers)} if settings.optimizer_workers else {}
    if settings.otlp_endpoint:
        extra |= {f"QPO_{service.upper()}_OTLP_ENDPOINT": settings.otlp_endpoint for service in SERVICES}
    if not settings.limits:
        extra |= _endless()
    if addresses.tls:
        extra |= _ages(settings.tls_hours * 3600)
    ours: list[Part] = [
        postgres,
        redis,
        *(ServiceProcess(name, addresses, stores, layout, program, extra) for name in _replicas(addresses)),
        _edge(settings, layout, addresses),
        *(_monitors(settings, layout, addresses, stores) if settings.monitoring else ()),
    ]
    return [_elsewhere(part, addresses) or part for part in ours]


def _edge(settings: MeshSettings, layout: Layout, addresses: Addresses) -> Envoy:
    identity = layout.identity(EDGE) if addresses.tls else None
    public = layout.identity(PUBLIC) if addresses.tls and settings.edge_certificate else None
    calls = settings.calls_per_address if settings.limits else UNLIMITED
    at_once = settings.calls_at_once if settings.limits else UNLIMITED
    traces = Traces(settings.otlp_endpoint, settings.traces_percent)
    return Envoy(
        addresses,
        layout.data("envoy"),
        settings.cors_origins,
        identity,
        public,
        calls,
        traces,
        layout.sockets("envoy"),
        settings.edge_drain,
        at_once=at_once,
    )


def _monitors(settings: MeshSettings, layout: Layout, addresses: Addresses, stores: Stores) -> list[Part]:
    """What reads all the others, and tells when something is wrong."""
    host, ports = addresses.host, addresses.ports
    url = settings.alerts_url.get_secret_value() if settings.alerts_url else None
    return [
        of_postgres(host, ports["postgres_exporter"], stores.postgres_url, layout.secrets("postgres_exporter")),
        of_redis(host, ports["redis_exporter"], stores.redis_url, layout.secrets("redis_exporter")),
        of_node(host, ports["node_exporter"]),
        Alertmanager(host, ports["alertmanager"], layout.data("alertmanager"), url),
        Prometheus(addresses, layout.data("prometheus"), settings.scrape_seconds),
    ]


def _endless() -> dict[str, str]:
    """Returns limits that nobody reaches: calls are counted all the same, and cost what they cost."""
    return {
        f"QPO_{service.upper()}_LIMIT_{kind}": "9999999 per second"
        for service in SERVICES
        for kind in ("READS", "WRITES", "SOLVES")
    }


def _ages(life: float) -> dict[str, str]:
    """Returns how old a connection may become: a certificate has a third of its life left when it is last shown."""
    return {f"QPO_{service.upper()}_MAX_CONNECTION_AGE": f"{life / 4:g}" for service in SERVICES}


def _replicas(addresses: Addresses) -> list[str]:
    return [name for service in SERVICES for name in addresses.replicas(service)]


def _elsewhere(part: Part, addresses: Addresses) -> Part | None:
    url = addresses.external.get(part.name)
    return External(part.name, url) if url else None
