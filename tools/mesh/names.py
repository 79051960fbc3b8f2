"""What is called how in a cluster: a service, its account, its certificate's name."""

from __future__ import annotations

from typing import Any

from stack.identities import DOMAIN, EDGE

Manifest = dict[str, Any]

NAMESPACE = "qpo"
GRPC, METRICS, REST = 8000, 9090, 8080
ISSUER, AUDIENCE = "https://auth.qpo", "qpo"
VERSIONS = ("v1", "v2")


def workload(name: str) -> str:
    """Returns the Deployment, Service and ServiceAccount of a part: `portfolio` → `portfolio-service`."""
    return name if name == EDGE else f"{name}-service"


def host(name: str) -> str:
    """Returns the whole name of a part's Service."""
    return f"{workload(name)}.{NAMESPACE}.svc.cluster.local"


def principal(name: str) -> str:
    """Returns the SPIFFE ID of a part without its scheme, as Istio's policies write it."""
    return f"{DOMAIN}/ns/{NAMESPACE}/sa/{workload(name)}"


def manifest(kind: str, name: str, spec: Manifest) -> Manifest:
    """Returns a resource of Istio's in our namespace."""
    group = {
        "VirtualService": "networking.istio.io/v1",
        "DestinationRule": "networking.istio.io/v1",
        "Sidecar": "networking.istio.io/v1",
        "AuthorizationPolicy": "security.istio.io/v1",
        "RequestAuthentication": "security.istio.io/v1",
    }[kind]
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def selector(name: str) -> Manifest:
    """Returns what selects the pods of a part."""
    return {"matchLabels": {"app": workload(name)}}
