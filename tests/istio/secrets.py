"""What Istio's agent does beside a sidecar: it tells Envoy of its key, its certificate and the mesh's authority."""

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from envoy.config.core.v3 import base_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2
from envoy.service.discovery.v3 import discovery_pb2
from envoy.service.secret.v3 import sds_pb2_grpc

from tests.istio.certificates import Authority, Proof

_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"


class Secrets(sds_pb2_grpc.SecretDiscoveryServiceServicer):
    """Answers each sidecar with the proof that was given to its node."""

    def __init__(self, authority: Authority, socket: Path) -> None:
        self._authority, self._proofs = authority, dict[str, Proof]()
        self._waiting: dict[str, list[queue.Queue[Any]]] = {}
        self._server = grpc.server(ThreadPoolExecutor(128))
        sds_pb2_grpc.add_SecretDiscoveryServiceServicer_to_server(self, self._server)
        self._server.add_insecure_port(f"unix:{socket}")
        self._server.start()

    def give(self, node: str, proof: Proof) -> None:
        """Gives a node its proof, in an earlier one's place."""
        self._proofs[node] = proof
        for waiting in self._waiting.get(node, []):
            waiting.put(None)

    def close(self) -> None:
        self._server.stop(0)

    def StreamSecrets(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        asked: queue.Queue[Any] = queue.Queue()
        first = next(requests)
        node, names = first.node.id, tuple(first.resource_names)
        self._waiting.setdefault(node, []).append(asked)
        context.add_callback(lambda: asked.put(StopIteration))
        version = 0
        while True:
            version += 1
            yield self._answer(node, names, str(version))
            if asked.get() is StopIteration:
                return

    def _answer(self, node: str, names: tuple[str, ...], version: str) -> Any:
        answer = discovery_pb2.DiscoveryResponse(version_info=version, type_url=_TYPE, nonce=version)
        for name in names:
            answer.resources.add().Pack(self._secret(name, self._proofs[node]))
        return answer

    def _secret(self, name: str, proof: Proof) -> Any:
        if name == "ROOTCA":
            trusted = common_pb2.CertificateValidationContext(trusted_ca=_inline(self._authority.certificate))
            return secret_pb2.Secret(name=name, validation_context=trusted)
        shown = common_pb2.TlsCertificate(certificate_chain=_inline(proof.certificate), private_key=_inline(proof.key))
        return secret_pb2.Secret(name=name, tls_certificate=shown)


def _inline(content: bytes) -> Any:
    return base_pb2.DataSource(inline_bytes=content)
