"""Who is who behind the edge: the names that certificates say, where these lie, and who may call what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.addresses import SERVICES

DOMAIN = "qpo.local"
EDGE = "edge"
# The edge, as an authority that everybody trusts says it.
PUBLIC = "public"
# Whoever owns the mesh: the process that starts it and asks how its parts are, and `qpo admin bootstrap`.
OWNER = "stack"
NAMES = (*SERVICES, EDGE, OWNER)

_HEALTH = "/grpc.health.v1.Health/*"
# By which a caller leaves out a replica that leaves.
_WATCHED = "/grpc.health.v1.Health/Watch"
_KEYS = "/qpo.auth.v1.AuthService/GetJwks"
_INSIGHT = ("/grpc.reflection.*", "/grpc.channelz.*")
# What services call of each other: the call graph, to the method.
CALLS: Mapping[str, tuple[str, ...]] = {
    "auth": (),
    "portfolio": (
        "/qpo.optimizer.v1.OptimizerService/Solve",
        "/qpo.marketdata.v1.MarketDataService/ListCloses",
    ),
    "marketdata": (),
    "ml": ("/qpo.marketdata.v1.MarketDataService/GetReturns",),
    "optimizer": (
        "/qpo.portfolio.v1.PortfolioService/GetPortfolio",
        "/qpo.ml.v1.MlService/EstimateMoments",
        "/qpo.marketdata.v1.MarketDataService/ListInstruments",
    ),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What one name is proven by: a private key with its certificate, and the authority that peers are judged by."""

    name: str
    folder: Path

    @property
    def uri(self) -> str:
        """The name as a SPIFFE ID."""
        return f"spiffe://{DOMAIN}/{self.name}"

    @property
    def host(self) -> str:
        """The name as a host's, for clients that know no other kind."""
        return f"{self.name}.{DOMAIN}"

    @property
    def file(self) -> Path:
        """The private key and the certificate, PEM: one file, so that they are replaced together."""
        return self.folder / f"{self.name}.pem"

    @property
    def authority(self) -> Path:
        """The authority's certificate, PEM."""
        return self.folder / "authority.pem"


def callers_of(service: str) -> dict[str, list[str]]:
    """Returns who may call which methods of a service, by name; a path that ends with `*` is a beginning."""
    own = f"/qpo.{service}."
    callers = {
        EDGE: [f"{own}*", _HEALTH],
        OWNER: [_HEALTH, *_INSIGHT, *(["/qpo.auth.v1.AuthService/BootstrapAdmin"] if service == "auth" else [])],
    }
    for caller, paths in CALLS.items():
        called = [path for path in paths if path.startswith(own)]
        if service == "auth" and caller != service:
            called.append(_KEYS)
        if called:
            callers[caller] = [*called, _WATCHED]
    return callers
