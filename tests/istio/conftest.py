"""The mesh of istio/ on this machine: one istiod, a gateway, ten sidecars, and workloads behind them."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fixtures.skips import missing
from tests.fixtures.tokens import Tokens
from tests.istio.calls import Caller
from tests.istio.mesh import PILOT, Mesh
from tests.istio.registry import Place

HERE, THERE = "here/a", "here/b"  # two zones of one region


@dataclass(frozen=True)
class Running:
    """The mesh, and its workloads by what they are for."""

    mesh: Mesh
    edge: Place
    auth: Place
    v1: Place  # portfolio, in two versions
    v2: Place
    first: Place  # marketdata, twice the same
    second: Place
    ml: Place
    near: Place  # ml's next version, in the zone of the edge
    far: Place  # and in the other one, the optimizer's
    impostor: Place  # optimizer, as which others come
    tokens: Tokens

    def caller(self, part: str = "portfolio", token: str | None = None) -> Caller:
        """Who calls through the edge's sidecar, as the edge does."""
        return Caller.through(self.edge, part, self.tokens.mint() if token is None else token)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, tokens: Tokens) -> Iterator[Running]:
    if not PILOT.exists():
        pytest.skip(missing("istiod"))
    with ExitStack() as stack:
        mesh = Mesh(tmp_path_factory.mktemp("istio"), stack)
        edge, impostor = mesh.place("edge", zone=HERE), mesh.place("optimizer", zone=THERE)
        auth, ml = mesh.place("auth"), mesh.place("ml")
        near, far = mesh.place("ml", "v2", "-near", HERE), mesh.place("ml", "v2", "-far", THERE)
        v1, v2 = mesh.place("portfolio"), mesh.place("portfolio", "v2")
        first, second = mesh.place("marketdata", suffix="-a"), mesh.place("marketdata", suffix="-b")
        stack.enter_context(keys_at(edge.port, tokens))
        for place in (auth, v1, v2, first, second, near, far, impostor):
            mesh.work(place)
        mesh.start()
        yield Running(mesh, edge, auth, v1, v2, first, second, ml, near, far, impostor, tokens)


class keys_at:  # noqa: N801 - read as a sentence
    """The edge, as far as it is called here: auth's public keys, and who its sidecar says has called."""

    def __init__(self, port: int, tokens: Tokens) -> None:
        body = json.dumps(jwks(tokens)).encode()

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.path == "/.well-known/jwks.json"
                self.send_response(200 if known else 404)
                self.send_header("x-caller", self.headers.get("x-forwarded-client-cert", ""))
                self.send_header("content-length", str(len(body) if known else 0))
                self.end_headers()
                self.wfile.write(body if known else b"")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Keys)

    def __enter__(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()


def jwks(tokens: Tokens) -> dict[str, Any]:
    public = tokens.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": tokens.kid, "x": x}]}
