"""As much of a Kubernetes API server as istiod needs: one of a cluster with nothing in it but Secrets."""

import base64
import collections
import itertools
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.istio.certificates import Proof

_VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
# A list without a kind is of the kind that was asked for.
_NOTHING = {"metadata": {"resourceVersion": "1"}, "items": []}
_SECRETS = "/api/v1/secrets"
_METADATA = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
_GROUPS = {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}


class Cluster:
    """Lists and watches tell of nothing but Secrets, and nothing can be written by its API.

    Secrets may be read by one account, of that namespace: so istiod is told when it asks for whom it reads.
    """

    def __init__(self, folder: Path, reader: tuple[str, str]) -> None:
        self._secrets: dict[tuple[str, str], dict[str, Any]] = {}
        self._versions = itertools.count(2)
        watching: dict[str, list[queue.Queue[Any]]] = collections.defaultdict(list)
        secrets = self._secrets

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                query = parse_qs(url.query)
                if "sendInitialEvents" in query:
                    self._answer(422, _failure(422, "Invalid"))
                elif query.get("watch", ["0"])[0] in ("true", "1"):
                    self._watch(url.path)
                elif url.path == "/version":
                    self._answer(200, _VERSION)
                elif url.path in ("/api", "/apis"):
                    self._answer(200, _GROUPS)
                elif url.path.count("/") > 6:
                    self._answer(404, _failure(404, "NotFound"))
                elif "as=PartialObjectMetadataList" in self.headers.get("accept", ""):
                    self._answer(200, _NOTHING | _METADATA)
                else:
                    items = list(secrets.values()) if url.path == _SECRETS else []
                    self._answer(200, _NOTHING | {"items": items})

            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers.get("content-length", "0")))
                if self.path.endswith("/subjectaccessreviews"):
                    self._answer(201, _review(json.loads(asked)["spec"], reader))
                else:
                    self._answer(403, _failure(403, "Forbidden"))

            def _answer(self, status: int, told: dict[str, Any]) -> None:
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _watch(self, path: str) -> None:
                watching[path].append(events := queue.Queue())
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                self.wfile.flush()
                while (event := events.get()) is not None:
                    body = json.dumps(event).encode()
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(body), body))
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._watching = watching
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.config = folder / "kubeconfig.json"
        self.config.write_text(json.dumps(_config(f"http://127.0.0.1:{self._server.server_port}")))

    def keep(self, namespace: str, name: str, proof: Proof) -> None:
        """Keeps a Secret, in an earlier one's place, and tells who watches."""
        secret = _secret(namespace, name, proof, next(self._versions))
        self._secrets[namespace, name] = secret
        for events in self._watching[_SECRETS]:
            events.put({"type": "MODIFIED", "object": secret})

    def close(self) -> None:
        for events in itertools.chain.from_iterable(self._watching.values()):
            events.put(None)
        self._server.shutdown()


def _secret(namespace: str, name: str, proof: Proof, version: int) -> dict[str, Any]:
    """As cert-manager keeps a certificate."""
    data = {"tls.crt": proof.certificate, "tls.key": proof.key}
    return {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {"namespace": namespace, "name": name, "uid": name, "resourceVersion": str(version)},
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(content).decode() for key, content in data.items()},
    }


def _review(asked: dict[str, Any], reader: tuple[str, str]) -> dict[str, Any]:
    """Whether an account may do what it wants to."""
    namespace, account = reader
    may = {"namespace": namespace, "verb": "list", "resource": "secrets"}
    allowed = asked["user"] == f"system:serviceaccount:{namespace}:{account}" and asked["resourceAttributes"] == may
    return {"kind": "SubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "status": {"allowed": allowed}}


def _failure(code: int, reason: str) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}


def _config(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "empty", "cluster": {"server": server}}],
        "contexts": [{"name": "empty", "context": {"cluster": "empty", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {}}],
        "current-context": "empty",
    }
