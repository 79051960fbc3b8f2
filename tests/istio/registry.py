"""What Kubernetes would tell istiod of: which services there are, and which workloads, here processes of this machine.

Nothing catches connections on their way here, as iptables do in a pod: so a sidecar listens itself, at two addresses
of its workload's own, one for those who call it and one for what it calls. The Sidecars of istio/ are told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stack.addresses import SERVICES
from stack.identities import EDGE
from tools.mesh.names import GRPC, METRICS, NAMESPACE, REST, host, selector, workload

Manifest = dict[str, Any]
SYSTEM = "istio-system"


@dataclass(frozen=True)
class Place:
    """A workload with a sidecar."""

    name: str  # "portfolio-v1"
    part: str  # "portfolio"
    version: str
    address: str  # where its sidecar is called
    outward: str  # where its sidecar takes what it calls itself
    port: int  # of the workload itself, on the loopback
    metrics: int  # where it tells its metrics, there too
    zone: str = ""  # "here/a": its region and its zone, if they are known

    @property
    def account(self) -> str:
        return workload(self.part)

    @property
    def namespace(self) -> str:
        return NAMESPACE

    @property
    def node(self) -> str:
        """What its sidecar is called when it asks istiod."""
        return _node("sidecar", self.address, self.name, NAMESPACE)

    @property
    def labels(self) -> dict[str, str]:
        return {**selector(self.part)["matchLabels"], "version": self.version, "instance": self.name}

    @property
    def called(self) -> tuple[str, int]:
        """Name and number of the port that it is called at."""
        return ("http", REST) if self.part == EDGE else ("grpc", GRPC)


@dataclass(frozen=True)
class Gateway:
    """The gateway of `istioctl install`: an Envoy that stands beside no workload."""

    address: str
    https: int  # what its Service makes of 443
    http: int  # and of 80
    name: str = "istio-ingressgateway"
    account: str = "istio-ingressgateway-service-account"
    namespace: str = SYSTEM

    @property
    def node(self) -> str:
        return _node("router", self.address, self.name, SYSTEM)

    @property
    def labels(self) -> dict[str, str]:
        return {"istio": "ingressgateway"}


Proxy = Place | Gateway


def _node(kind: str, address: str, name: str, namespace: str) -> str:
    return f"{kind}~{address}~{name}.{namespace}~{namespace}.svc.cluster.local"


def _manifest(group: str, kind: str, name: str, spec: Manifest, namespace: str = NAMESPACE) -> Manifest:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{group}.istio.io/v1", "kind": kind, "metadata": meta, "spec": spec}


def services() -> list[Manifest]:
    """The Services of Kubernetes."""
    entries = []
    for part in (*SERVICES, EDGE):
        first = {"name": "http", "number": REST, "protocol": "HTTP"}
        second = {"name": "grpc", "number": GRPC, "protocol": "GRPC"}
        third = {"name": "http-metrics", "number": METRICS, "protocol": "HTTP"}
        spec = {
            "hosts": [host(part)],
            "location": "MESH_INTERNAL",
            "resolution": "STATIC",
            "ports": [first] if part == EDGE else [second, third],
            "workloadSelector": {"labels": selector(part)["matchLabels"]},
        }
        entries.append(_manifest("networking", "ServiceEntry", workload(part), spec))
    return entries


def workloads(places: Sequence[Place]) -> list[Manifest]:
    """The pods of Kubernetes."""
    entries = []
    for place in places:
        name, number = place.called
        spec = {
            "address": place.address,
            "labels": place.labels,
            "serviceAccount": workload(place.part),
            "ports": {name: number},
        }
        if place.zone:
            # As Kubernetes knows it of a pod's node: istiod takes it for the sidecar's too.
            spec["locality"] = place.zone
        entries.append(_manifest("networking", "WorkloadEntry", place.name, spec))
    return entries


def entrance(gateway: Gateway) -> list[Manifest]:
    """The gateway's Service and its pod: the world calls 443 and 80, the pod listens elsewhere."""
    ports = [
        {"name": "https", "number": 443, "protocol": "TLS"},
        {"name": "http", "number": 80, "protocol": "HTTP"},
    ]
    service = {
        "hosts": [f"{gateway.name}.{SYSTEM}.svc.cluster.local"],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": ports,
        "workloadSelector": {"labels": gateway.labels},
    }
    pod = {
        "address": gateway.address,
        "labels": gateway.labels,
        "serviceAccount": gateway.account,
        "ports": {"https": gateway.https, "http": gateway.http},
    }
    return [
        _manifest("networking", "ServiceEntry", gateway.name, service, SYSTEM),
        _manifest("networking", "WorkloadEntry", gateway.name, pod, SYSTEM),
    ]


def listening(scope: Manifest, place: Place) -> Manifest:
    """A Sidecar of istio/, for one workload, whose sidecar listens itself."""
    name, number = place.called
    (egress,) = scope["spec"]["egress"]
    protocol = "HTTP" if place.part == EDGE else "GRPC"
    spec = scope["spec"] | {
        "workloadSelector": {"labels": place.labels},
        "ingress": [
            {
                "port": {"number": number, "protocol": protocol, "name": name},
                "bind": place.address,
                "captureMode": "NONE",
                "defaultEndpoint": f"127.0.0.1:{place.port}",
            }
        ],
        "egress": [egress | {"bind": place.outward, "captureMode": "NONE"}],
    }
    return scope | {"metadata": {"name": place.name, "namespace": NAMESPACE}, "spec": spec}
