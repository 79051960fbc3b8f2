"""The edge as it runs in Kubernetes: the gateway's template, rendered for Services and changed for a mesh.

What the mesh does there the edge does not do too: it repeats nothing, judges no host, since what it sees of a service
is one name, and speaks clear text with its sidecar. Before it stands the mesh's gateway, which ends TLS and writes down
who calls. What it lets in at a time there is room for in all replicas that a scaler may start. Beside what the template
has it tells its metrics.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from string import Template
from typing import Any

import yaml

from stack.addresses import SERVICES, Addresses
from stack.envoy import TEMPLATE, values
from stack.layout import ROOT
from stack.settings import MeshSettings

EDGE, METRICS, ADMIN, KEYS = 8080, 9090, 9901, 9902
# Where its Deployment mounts what it reads.
FILES: Mapping[str, str] = {
    "DESCRIPTORS": "/etc/qpo/contracts/qpo.binpb",
    "OPENAPI_YAML": "/etc/qpo/openapi/qpo.yaml",
    "DOCS_HTML": "/etc/qpo/pages/docs.html",
    "LIVE_HTML": "/etc/qpo/live/live.html",
}
# Of other hosts whose pages may call; its own need no permission.
CORS_ORIGINS = r"https://app\.qpo\.example\.com"
_TYPE = "type.googleapis.com/envoy.extensions.filters"
# How many replicas of each service there may be; KEDA's scalers say the same.
SCALERS = ROOT / "deploy" / "scaling" / "hpa"
# What a sidecar decides.
_OF_SIDECARS = ("retry_policy", "health_checks", "outlier_detection", "cluster_min_healthy_percentages")
KUSTOMIZATION = """\
# What the edge reads in Kubernetes, of what is generated: kustomize reads files below its own folder alone.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
configMapGenerator:
  - {name: edge-config, files: [envoy.yaml=edge/in_pods.yaml]}
  - {name: edge-contracts, files: [descriptors/qpo.binpb]}
  - {name: edge-openapi, files: [openapi/qpo.yaml]}
  - {name: edge-pages, files: [docs.html=openapi/index.html]}
"""
HEADER = "# Written by `make gen` from gateway/envoy.yaml for pods: see tools/edge_in_pods.py.\n"


def emit() -> str:
    """Returns the whole configuration as YAML."""
    return HEADER + yaml.dump(bootstrap(), Dumper=_Readable, sort_keys=False, allow_unicode=True, width=160)


def emit_alone() -> str:
    """Returns the template as it is, for containers on one machine without a mesh."""
    return HEADER.replace("pods", "containers", 1) + _rendered()


def bootstrap() -> dict[str, Any]:
    """Returns the configuration in a mesh as Envoy's bootstrap message in JSON."""
    config = yaml.safe_load(_rendered())
    for node in _nodes(config):
        for decided in _OF_SIDECARS:
            node.pop(decided, None)
    resources = config["static_resources"]
    _addressed(config)
    _with_room_for_all_replicas(resources["clusters"])
    _behind_the_gateway(resources["listeners"][0])
    resources["listeners"].append(_metrics())
    resources["clusters"].append(_own_admin())
    return dict(config)


def _rendered() -> str:
    external = {service: f"{service}-service:8000" for service in SERVICES}
    ports = {"edge": EDGE, "edge_admin": ADMIN, "edge_jwks": KEYS}
    calls = int(MeshSettings.model_fields["calls_per_address"].default)
    table = values(Addresses("", ports, external, edge_everywhere=True), CORS_ORIGINS, calls=calls)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute({**table, **FILES})


def _addressed(config: Mapping[str, Any]) -> None:
    """Calls are addressed to the service they go to: by its name, and not by the edge's, a sidecar knows its routes."""
    clusters = config["static_resources"]["clusters"]
    named = {cluster["name"] for cluster in clusters if cluster.get("type") == "STRICT_DNS"}
    for node in _nodes(config):
        route = node.get("route")
        if isinstance(route, dict) and route.get("cluster") in named:
            route["auto_host_rewrite"] = True


def _with_room_for_all_replicas(clusters: Sequence[dict[str, Any]]) -> None:
    """The template's limit is what one replica is asked at a time; how many there are, this one edge does not see."""
    for cluster in clusters:
        if "circuit_breakers" in cluster:
            # The template has one for all.
            breakers = cluster["circuit_breakers"] = copy.deepcopy(cluster["circuit_breakers"])
            (usual,) = (each for each in breakers["thresholds"] if each["priority"] == "DEFAULT")
            usual["max_requests"] *= most_replicas(_service_of(cluster))


def _service_of(cluster: Mapping[str, Any]) -> str:
    """Where it leads: of marketdata there are two."""
    ((endpoint,),) = (place["lb_endpoints"] for place in cluster["load_assignment"]["endpoints"])
    return str(endpoint["endpoint"]["address"]["socket_address"]["address"]).removesuffix("-service")


def most_replicas(service: str) -> int:
    """Returns how many replicas of a service its scaler may start."""
    return int(yaml.safe_load((SCALERS / f"{service}.yaml").read_text(encoding="utf-8"))["spec"]["maxReplicas"])


def _behind_the_gateway(listener: Mapping[str, Any]) -> None:
    """Who calls is whom the gateway saw, the last that x-forwarded-for names; the neighbour is always a sidecar."""
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager |= {"xff_num_trusted_hops": 1, "skip_xff_append": True}


def _metrics() -> dict[str, Any]:
    """`/metrics`, and nothing else of what the administration has."""
    route = {"match": {"path": "/metrics"}, "route": {"cluster": "admin", "prefix_rewrite": "/stats/prometheus"}}
    hosts = [{"name": "metrics", "domains": ["*"], "routes": [route]}]
    router = {"@type": f"{_TYPE}.http.router.v3.Router"}
    manager = {
        "@type": f"{_TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "metrics",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
        "route_config": {"name": "metrics", "virtual_hosts": hosts},
    }
    named = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    return {"name": "metrics", "address": _everywhere(METRICS), "filter_chains": [{"filters": [named]}]}


def _own_admin() -> dict[str, Any]:
    at = {"socket_address": {"address": "127.0.0.1", "port_value": ADMIN}}
    hosts = {"cluster_name": "admin", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": at}}]}]}
    return {"name": "admin", "type": "STATIC", "connect_timeout": "1s", "load_assignment": hosts}


def _everywhere(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "0.0.0.0", "port_value": port}}  # noqa: S104 - a pod's


def _nodes(config: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of the configuration; those that the template names once and uses often come as often."""
    if isinstance(config, dict):
        yield config
        for value in config.values():
            yield from _nodes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _nodes(value)


class _Readable(yaml.SafeDumper):
    """Writes programs as they were written."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _text)
