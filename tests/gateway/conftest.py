"""The real Envoy with the real template, before five stand-ins."""

import base64
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from qpo.auth.v1 import auth_service_pb2, user_pb2

from stack.addresses import choose
from stack.envoy import AT_ONCE, UNLIMITED, Envoy
from stack.identities import Identity
from stack.process import running
from stack.settings import MeshSettings
from tests.fixtures.tokens import Tokens
from tests.gateway.standin import StandIns


@dataclass
class Edge:
    """A running edge and what stands behind it."""

    url: str
    address: str
    services: StandIns
    log: Path
    rest: httpx.Client
    anyone: dict[str, str]
    admin: str

    def stat(self, name: str) -> int:
        """A counter or gauge of Envoy's own."""
        text = httpx.get(f"{self.admin}/stats", params={"filter": f"^{name}$"}, trust_env=False).text
        return int(text.rpartition(": ")[2] or 0)

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address, [("grpc.max_receive_message_length", -1)])


@pytest.fixture(scope="session")
def edge_session(tokens: Tokens) -> Iterator[Edge]:
    with standins(tokens) as services, edge_before(services, tokens) as edge:
        yield edge


@contextmanager
def standins(tokens: Tokens, credentials: dict[str, grpc.ServerCredentials] | None = None) -> Iterator[StandIns]:
    services = StandIns(credentials=credentials or {})
    services.start()
    services.answers["GetJwks"] = lambda *_: jwks(tokens)
    yield services
    services.stop()


@contextmanager
def edge_before(
    services: StandIns,
    tokens: Tokens,
    *replicas: StandIns,
    identity: Identity | None = None,
    public: Identity | None = None,
    calls: int = UNLIMITED,
    at_once: int = AT_ONCE,
) -> Iterator[Edge]:
    """The edge before these stand-ins, all replicas of one another; with TLS if it has an identity, or two.

    `calls` are those that it lets one network address make in a minute, `at_once` those under way to a service.
    """
    every = (services, *replicas)
    behind = {f"{name}_address": ",".join(f"127.0.0.1:{each.ports[name]}" for each in every) for name in services.ports}
    settings = MeshSettings(free_ports=True, tls=identity is not None, **behind)
    trusted = ssl.create_default_context(cafile=identity.authority) if identity else False
    addresses = choose(settings)
    with tempfile.TemporaryDirectory(prefix="qpo-edge-") as folder:
        log = Path(folder) / "envoy.log"
        with (
            running(
                Envoy(addresses, Path(folder), settings.cors_origins, identity, public, calls, at_once=at_once), log
            ),
            httpx.Client(base_url=addresses.edge_url, trust_env=False, timeout=15, verify=trusted) as rest,
        ):
            anyone = {"authorization": f"Bearer {tokens.mint()}"}
            admin = f"http://127.0.0.1:{addresses.ports['edge_admin']}"
            yield Edge(addresses.edge_url, addresses.edge_address, services, log, rest, anyone, admin)


@pytest.fixture
def edge(edge_session: Edge) -> Iterator[Edge]:
    """The edge, its stand-ins as on their first day."""
    edge_session.services.calls.clear()
    standing = dict(edge_session.services.answers)
    yield edge_session
    edge_session.services.answers.clear()
    edge_session.services.answers.update(standing)


def jwks(tokens: Tokens) -> bytes:
    public = tokens.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    key = user_pb2.JsonWebKey(kty="OKP", crv="Ed25519", x=x, kid=tokens.kid, use="sig", alg="EdDSA")
    return auth_service_pb2.GetJwksResponse(keys=[key]).SerializeToString()
