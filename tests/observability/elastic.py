"""What Elasticsearch takes in bulk: a test double, by index and id, that can go away and come back."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    allow_reuse_address = True


class Elastic:
    """Listens on one port, when it listens."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._server: Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        elastic = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({"status": "green"})

            do_HEAD = do_GET  # noqa: N815

            def do_POST(self) -> None:
                assert self.path == "/_bulk"
                assert self.headers["content-type"].startswith("application/json")
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer({"errors": False, "items": elastic._take(body)})

            def _answer(self, content: dict[str, Any]) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, body: str) -> list[dict[str, Any]]:
        assert body.endswith("\n"), "NDJSON ends with a newline"
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        with self._changed:
            for action, document in zip(lines[::2], lines[1::2], strict=True):
                self.documents[action["index"]["_index"], action["index"]["_id"]] = document
            self._changed.notify_all()
        return [{"index": {"status": 201}} for _ in lines[::2]]

    def await_documents(self, count: int, seconds: float = 60.0, **fields: str) -> list[dict[str, Any]]:
        """The documents with these fields, once there are so many of them."""

        def found() -> list[dict[str, Any]]:
            return [each for each in self.documents.values() if fields.items() <= each.items()]

        with self._changed:
            self._changed.wait_for(lambda: len(found()) >= count, seconds)
            return found()
