"""The whole mesh, watched: Prometheus and Alertmanager beside it where they are on the PATH, spans collected here."""

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.mesh.rest import User, administrator
from tests.observability.collector import CONSUMER, PRODUCER, SERVER, Collector, Seen

PATIENCE = 60.0  # seconds


class Webhook:
    """What Alertmanager tells: a test double of whoever wakes people."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.told = threading.Condition()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with hook.told:
                    hook.alerts += [alert | {"told": time.monotonic()} for alert in body["alerts"]]
                    hook.told.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def await_alert(self, name: str, seconds: float = PATIENCE, **labels: str) -> dict[str, Any]:
        """The first firing alert of that name with these labels."""

        def found() -> dict[str, Any] | None:
            wanted = {"alertname": name, **labels}.items()
            firing = (alert for alert in self.alerts if alert["status"] == "firing")
            return next((alert for alert in firing if wanted <= alert["labels"].items()), None)

        with self.told:
            self.told.wait_for(found, seconds)
            alert = found()
        assert alert is not None, f"not told of {name} {labels} within {seconds:.0f} s, but of {self.alerts}"
        return alert

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Series:
    """What Prometheus knows."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=f"http://{address}/api/v1", trust_env=False, timeout=30)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant."""
        answer = self._http.get("/query", params={"query": expression}).json()
        assert answer["status"] == "success", (expression, answer)
        return answer["data"]["result"]

    def await_any(self, expression: str, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """The first samples that there are."""
        return await_true(lambda: self.query(expression), f"no data of {expression}", seconds)

    def get(self, path: str) -> Any:
        return self._http.get(path).json()["data"]


def await_true(found: Callable[[], Any], otherwise: str, seconds: float = PATIENCE) -> Any:
    """Asks again and again until the answer is true; another process cannot be awaited."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.25)):
        if answer := found():
            return answer
        pause.wait(0.25)
    raise AssertionError(otherwise)


@pytest.fixture(scope="session")
def webhook() -> Iterator[Webhook]:
    hook = Webhook()
    yield hook
    hook.close()


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture(scope="session")
def mesh(webhook: Webhook, collector: Collector) -> Iterator[Mesh]:
    """Every process of it is read each second, and its spans come soon."""
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "200"
    with tempfile.TemporaryDirectory(prefix="qpo-observed-") as folder:
        settings = MeshSettings(
            state_dir=Path(folder) / "state",
            free_ports=True,
            durable=False,
            optimizer_workers=2,
            monitoring=all(shutil.which(name) for name in ("prometheus", "prometheus-alertmanager")),
            scrape_seconds=1.0,
            alerts_url=webhook.url,
            otlp_endpoint=collector.address,
        )
        with Mesh(settings) as running:
            yield running


@pytest.fixture(scope="session")
def series(mesh: Mesh) -> Series:
    return Series(mesh.address("prometheus"))


@pytest.fixture(scope="session")
def admin(mesh: Mesh) -> User:
    """The administrator, with prices, documents and ticks."""
    return administrator(mesh).import_prices().feed_ticks().feed_documents()


@pytest.fixture(scope="session")
def walked(admin: User) -> User:
    """The administrator has done of everything something."""
    admin.new_job()  # a first solve may take longer than a rebalance waits for it
    portfolio = admin.new_portfolio()
    rebalanced = admin.rest.post(f"/api/v1/portfolios/{portfolio['id']}/rebalance", json={})
    assert rebalanced.status_code == 200, rebalanced.text
    assert admin.rest.get(f"/api/v1/portfolios/{portfolio['id']}/holdings").status_code == 200
    assert admin.rest.get("/api/v1/portfolios").status_code == 200
    return admin


@pytest.fixture(scope="session")
def trace(walked: User, collector: Collector) -> list[Seen]:
    """The spans of the rebalance, all of which have come."""

    def is_whole(spans: list[Seen]) -> bool:
        kinds = {(span.service, span.kind) for span in spans}
        # Of marketdata more than one is asked.
        methods = {span.name.rpartition("/")[2] for span in spans if span.kind == SERVER}
        called = {"rebalance", "RebalancePortfolio", "Solve", "EstimateMoments", "GetReturns"} <= methods
        return called and {("portfolio", PRODUCER), ("auth", CONSUMER)} <= kinds

    begun = collector.await_spans(lambda spans: any(is_rebalance(span) for span in spans))
    (edge,) = [span for span in begun if is_rebalance(span)]
    return collector.await_spans(is_whole, edge.trace)


def is_rebalance(span: Seen) -> bool:
    return span.service == "edge" and span.name.endswith("/rebalance")


@pytest.fixture(scope="session")
def again(walked: User, series: Series) -> User:
    """What was done once was looked at, and is done again: a rate is that between two looks."""
    series.await_any("portfolio_optimizations_total")
    walked.new_job()
    return walked


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs the whole stack."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "mesh" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.mesh)
            item.add_marker(pytest.mark.timeout(300))  # the first of them starts it
