"""As much of a Kubernetes API server as istiod needs to start: one of a cluster with nothing in it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

_VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
# A list without a kind is of the kind that was asked for.
_NOTHING = {"metadata": {"resourceVersion": "1"}, "items": []}
_METADATA = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
_GROUPS = {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}


class EmptyCluster:
    """Lists are empty, watches tell of nothing, and nothing can be written."""

    def __init__(self, folder: Path) -> None:
        ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                query = parse_qs(url.query)
                if "sendInitialEvents" in query:
                    self._answer(422, _failure(422, "Invalid"))
                elif query.get("watch", ["0"])[0] in ("true", "1"):
                    self._watch()
                elif url.path == "/version":
                    self._answer(200, _VERSION)
                elif url.path in ("/api", "/apis"):
                    self._answer(200, _GROUPS)
                elif url.path.count("/") > 6:
                    self._answer(404, _failure(404, "NotFound"))
                elif "as=PartialObjectMetadataList" in self.headers.get("accept", ""):
                    self._answer(200, _NOTHING | _METADATA)
                else:
                    self._answer(200, _NOTHING)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", "0")))
                self._answer(403, _failure(403, "Forbidden"))

            def _answer(self, status: int, told: dict[str, Any]) -> None:
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _watch(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                self.wfile.flush()
                ended.wait()
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._ended = ended
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.config = folder / "kubeconfig.json"
        self.config.write_text(json.dumps(_config(f"http://127.0.0.1:{self._server.server_port}")))

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()


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
