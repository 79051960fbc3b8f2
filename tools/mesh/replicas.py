"""How callers treat the replicas of a service: versions, limits, who rests, who is near: DestinationRules."""

from __future__ import annotations

from tools.mesh.names import VERSIONS, Manifest, host, manifest, workload


def replicas_of(service: str) -> Manifest:
    """Returns the DestinationRule of a service."""
    policy = {
        "tls": {"mode": "ISTIO_MUTUAL"},
        "loadBalancer": {
            "simple": "LEAST_REQUEST",
            # Calls stay in their zone while it has replicas that answer.
            "localityLbSetting": {"enabled": True, "failoverPriority": _PLACES},
        },
        "connectionPool": {
            "tcp": {"maxConnections": 1024, "connectTimeout": "1s", "tcpKeepalive": {"time": "60s", "interval": "20s"}},
            "http": {"http1MaxPendingRequests": 1024, "http2MaxRequests": 4096, "idleTimeout": "300s"},
        },
        # Three failures in a row, of its answers or of the way to it, and a replica rests for 30 s; of two, one.
        "outlierDetection": {
            "splitExternalLocalOriginErrors": True,
            "consecutiveGatewayErrors": 3,
            "consecutiveLocalOriginFailures": 3,
            "consecutive5xxErrors": 0,
            "interval": "5s",
            "baseEjectionTime": "30s",
            "maxEjectionPercent": 50,
        },
        # When everything fails, repeats are this share of the calls in flight: tries are less than 1.2 a call.
        "retryBudget": {"percent": 15, "minRetryConcurrency": 3},
    }
    subsets = [{"name": version, "labels": {"version": version}} for version in VERSIONS]
    spec = {"host": host(service), "trafficPolicy": policy, "subsets": subsets}
    return manifest("DestinationRule", workload(service), spec)


_PLACES = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]
