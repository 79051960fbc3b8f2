"""The rule of progressive delivery on the real Prometheus: a bad v2 makes it fail, a good one pass."""

import math
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_server

import httpx
import pytest
import yaml

from stack.addresses import SERVICES
from tests.deploy.delivery_rule import FAILS, PASSES, UNDECIDED, args_of, metrics
from tests.deploy.rendering import ROOT, one, rendered

BEGIN, STEP, MINUTES = 1_700_000_000, 15, 6
BUCKETS = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, math.inf)
Query = Callable[[str], list[float]]


@dataclass(frozen=True)
class Version:
    """How a version of a service does: calls a second by status, all of them as long as `seconds`."""

    service: str
    seconds: float = 0.03
    calls: Mapping[str, float] = field(default_factory=lambda: {"OK": 20.0})
    version: str = "v2"


VERSIONS = (
    Version("good"),
    Version("faulty", calls={"OK": 19.8, "INTERNAL": 0.2}),
    Version("broken", calls={"UNAVAILABLE": 20.0}),
    Version("slow", seconds=0.7),
    Version("asked_wrongly", calls={"OK": 10.0, "INVALID_ARGUMENT": 5.0, "NOT_FOUND": 5.0, "UNAUTHENTICATED": 2.0}),
    Version("never_called", calls={"OK": 0.0}),
    Version("better_than_before"),
    Version("better_than_before", seconds=1.5, calls={"INTERNAL": 20.0}, version="v1"),
    Version("gooder", seconds=1.5, calls={"INTERNAL": 20.0}),  # a name that begins as another does
)
EXPECTED = {
    "good": (PASSES, PASSES),
    "faulty": (FAILS, PASSES),
    "broken": (FAILS, PASSES),
    "slow": (PASSES, FAILS),
    "asked_wrongly": (PASSES, PASSES),
    "never_called": (UNDECIDED, UNDECIDED),
    "not_there": (UNDECIDED, UNDECIDED),
    "better_than_before": (PASSES, PASSES),
}


def series(versions: tuple[Version, ...]) -> Iterator[str]:
    """What Prometheus would have scraped of them, as OpenMetrics with times."""
    times = range(BEGIN, BEGIN + 60 * MINUTES + 1, STEP)
    yield "# TYPE api_requests counter"
    for each in versions:
        for status, rate in each.calls.items():
            labels = f'method="unary",endpoint="{endpoint(each)}",status="{status}",version="{each.version}"'
            yield from (f"api_requests_total{{{labels}}} {rate * (now - BEGIN)} {now}" for now in times)
    yield "# TYPE api_response_time_seconds histogram"
    for each in versions:
        rate = sum(each.calls.values())
        for bound in BUCKETS:
            told = "+Inf" if bound == math.inf else str(bound)
            labels = f'endpoint="{endpoint(each)}",version="{each.version}",le="{told}"'
            below = rate if each.seconds <= bound else 0.0
            yield from (f"api_response_time_seconds_bucket{{{labels}}} {below * (now - BEGIN)} {now}" for now in times)
    yield "# EOF"


def endpoint(version: Version) -> str:
    return f"/qpo.{version.service}.v1.SomeService/Call"


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Asks a Prometheus that has these series, at their end."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "series.txt").write_text("\n".join(series(VERSIONS)) + "\n")
    (folder / "prometheus.yml").write_text("{}")
    told = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "series.txt", "data"]
    subprocess.run(told, cwd=folder, check=True, capture_output=True, timeout=60)
    with closing(create_server(("127.0.0.1", 0))) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    files = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y"]
    listens = f"--web.listen-address={url.removeprefix('http://')}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["prometheus", *files, listens], cwd=folder, stdout=log, stderr=log)
    try:
        await_ready(f"{url}/-/ready", process, folder / "log")
        yield lambda text: asked(url, text)
    finally:
        process.terminate()
        process.wait(timeout=30)


def await_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            direct.open(url, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())


def asked(url: str, text: str) -> list[float]:
    parameters = {"query": text, "time": str(BEGIN + 60 * MINUTES)}
    answer = httpx.get(f"{url}/api/v1/query", params=parameters, trust_env=False).json()
    assert answer["status"] == "success", answer
    return [float(each["value"][1]) for each in answer["data"]["result"]]


@pytest.mark.component("prometheus")
@pytest.mark.component("promtool")
@pytest.mark.parametrize("service", EXPECTED)
def test_a_new_version_goes_on_if_its_calls_succeed_in_time_and_else_goes_back(query: Query, service: str) -> None:
    found = {each.name: each.verdict(query(each.query)) for each in metrics(service=service, p95="200")}
    assert found == dict(zip(("success-rate", "p95"), EXPECTED[service], strict=True))


@pytest.mark.component("prometheus")
@pytest.mark.component("promtool")
def test_what_scalers_ask_is_answered_with_one_number(query: Query) -> None:
    scaled = [each for each in rendered("prod") if each["kind"] == "ScaledObject"]
    triggers = [trigger for each in scaled for trigger in each["spec"]["triggers"] if trigger["type"] == "prometheus"]
    assert len(triggers) == 4
    for trigger in triggers:
        assert len(query(trigger["metadata"]["query"])) <= 1


def test_what_a_condition_means() -> None:
    success, p95 = metrics(service="portfolio", p95="200")
    assert [success.verdict([value]) for value in (1.0, 0.999, 0.9989, 0.0)] == [PASSES, PASSES, FAILS, FAILS]
    assert [p95.verdict([value]) for value in (12.0, 199.9, 200.0)] == [PASSES, PASSES, FAILS]
    assert success.verdict([]) == p95.verdict([]) == UNDECIDED


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_rolled_out_by_the_rule_from_ten_to_fifty_to_all(service: str) -> None:
    assert args_of(service)["service"] == service
    assert int(args_of(service)["p95"]) <= 1000
    canary = one(rendered("prod"), "Rollout", f"{service}-service")["spec"]["strategy"]["canary"]
    assert [step["setWeight"] for step in canary["steps"] if "setWeight" in step] == [10, 50]
    assert canary["canaryMetadata"]["labels"] == {"version": "v2"}
    assert canary["stableMetadata"]["labels"] == {"version": "v1"}
    assert canary["analysis"]["templates"] == [{"templateName": "calls-of-a-canary"}]


def test_the_specification_p95_of_portfolio_is_the_rules() -> None:
    assert args_of("portfolio")["p95"] == "200"


def test_a_roll_out_moves_the_weights_of_routes_and_subsets_that_the_mesh_has() -> None:
    """All of a service's routes, but those that a header alone chooses."""
    for path in (ROOT / "istio").glob("traffic/*.yaml"):
        for told in yaml.safe_load_all(path.read_text()):
            name = told["metadata"]["name"]
            if not name.endswith("-service"):
                continue
            istio = one(rendered("prod"), "Rollout", name)["spec"]["strategy"]["canary"]["trafficRouting"]["istio"]
            if told["kind"] == "VirtualService":
                routes = [each["name"] for each in told["spec"]["http"]]
                assert istio["virtualService"]["routes"] == [each for each in routes if not each.endswith("-v2")]
            if told["kind"] == "DestinationRule":
                assert {each["name"] for each in told["spec"]["subsets"]} == {
                    istio["destinationRule"]["stableSubsetName"],
                    istio["destinationRule"]["canarySubsetName"],
                }
