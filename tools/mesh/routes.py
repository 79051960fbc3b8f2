"""Which version of a service a call goes to, how long it may take and whether it is repeated: VirtualServices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tools.mesh.contracts import Method, Patience, methods_of
from tools.mesh.names import VERSIONS, Manifest, manifest, workload

# One part of a hundred per version.
Weights = tuple[int, int]
ALL_V1: Weights = (100, 0)
# Of these a call knows that nothing was answered yet, and the contract says that asking again does no harm.
_AGAIN = "unavailable,reset,connect-failure,refused-stream"
_RETRIES: dict[Patience, Manifest] = {
    Patience.QUICK: {"attempts": 3, "perTryTimeout": "2s", "retryOn": _AGAIN},
    Patience.LONG: {"attempts": 3, "retryOn": _AGAIN},
    Patience.ENDLESS: {"attempts": 3, "retryOn": _AGAIN},
    # Said, because silence would mean two.
    Patience.ONCE: {"attempts": 0},
}
_TIMEOUTS = {Patience.QUICK: "12s", Patience.LONG: "302s"}


def routes_of(service: str, weights: Weights = ALL_V1) -> Manifest:
    """Returns the VirtualService of a service; `weights` are the shares of its versions, in hundredths."""
    methods = methods_of(service)
    http = [
        *_routes(service, methods, {"version": {"exact": "v2"}}, (0, 100)),
        *_routes(service, methods, {}, weights),
    ]
    return manifest("VirtualService", workload(service), {"hosts": [workload(service)], "http": http})


def delayed_routes_of(service: str) -> Manifest:
    """Returns the same with one call in a thousand 5 seconds late, to see who can bear it."""
    late = {"delay": {"percentage": {"value": 0.1}, "fixedDelay": "5s"}}
    delayed = routes_of(service)
    for route in delayed["spec"]["http"]:
        route["fault"] = late
    return delayed


def _routes(service: str, methods: Iterable[Method], headers: Manifest, weights: Weights) -> Iterator[Manifest]:
    """Yields a route per kind of patience; the last takes all that the contracts do not name, too."""
    of = {kind: [method for method in methods if method.patience is kind] for kind in Patience}
    suffix = "-v2" if headers else ""
    for kind in (Patience.QUICK, Patience.LONG, Patience.ENDLESS):
        matches = [
            {"uri": {"regex": regex}} | ({"headers": headers} if headers else {}) for regex in _regexes(of[kind])
        ]
        if matches:
            yield _route(service, kind, weights, {"name": f"{kind.value}{suffix}", "match": matches})
    last: Manifest = {"name": f"{Patience.ONCE.value}{suffix}"} | ({"match": [{"headers": headers}]} if headers else {})
    yield _route(service, Patience.ONCE, weights, last)


def _regexes(methods: Iterable[Method]) -> Iterator[str]:
    """Yields one expression per contract: `/qpo\\.auth\\.v1\\.AuthService/(GetJwks|WhoAmI)`."""
    by_contract: dict[str, list[str]] = {}
    for method in methods:
        by_contract.setdefault(method.contract, []).append(method.name)
    for contract, names in by_contract.items():
        yield f"/{re.escape(contract)}/({'|'.join(names)})"


def _route(service: str, kind: Patience, weights: Weights, begun: Manifest) -> Manifest:
    shares = [
        {"destination": {"host": workload(service), "subset": version}, "weight": weight}
        for version, weight in zip(VERSIONS, weights, strict=True)
    ]
    # A client's own deadline counts besides; what has no limit here has the service's own.
    limit = {"timeout": _TIMEOUTS[kind]} if kind in _TIMEOUTS else {}
    return begun | {"route": shares} | limit | {"retries": _RETRIES[kind]}
