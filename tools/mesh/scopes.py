"""What a service's sidecar is told of: its peers, its stores, and nothing else: Sidecars."""

from __future__ import annotations

from stack.addresses import SERVICES
from stack.identities import EDGE
from stack.services import PEERS
from tools.mesh.names import Manifest, host, manifest, selector, workload

# PostgreSQL, Redis and Kafka, and what collects traces.
_BESIDE = ("stores/*", "monitoring/*")
# Whom a service asks outside, by the hosts of egress/.
_OUTSIDE = {
    "auth": ("./*.amazonaws.com",),
    "portfolio": ("./*.amazonaws.com",),
    "marketdata": (
        "./www.alphavantage.co",
        "./financialmodelingprep.com",
        "./api.stlouisfed.org",
        "./newsapi.org",
        "./oauth.reddit.com",
        "./www.reddit.com",
        "./*.amazonaws.com",
    ),
}


def scope_of(name: str) -> Manifest:
    """Returns the Sidecar of a service, or of the edge."""
    # The keys of auth come by way of the edge, which writes them as JSON.
    peers = SERVICES if name == EDGE else tuple(dict.fromkeys(("auth", *PEERS[name], EDGE)))
    hosts = [f"./{host(peer)}" for peer in peers if peer != name]
    beside = ("monitoring/*",) if name == EDGE else _BESIDE
    spec = {
        "workloadSelector": {"labels": selector(name)["matchLabels"]},
        "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"},
        "egress": [{"hosts": [*hosts, *_OUTSIDE.get(name, ()), *beside]}],
    }
    return manifest("Sidecar", workload(name), spec)
