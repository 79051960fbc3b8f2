"""The edge as it runs in Kubernetes: the real Envoy with that configuration, before stand-ins for the services."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from stack.addresses import SERVICES, choose
from stack.envoy import AT_ONCE, TEMPLATE, Envoy, binary
from stack.layout import ROOT
from stack.process import running
from stack.settings import MeshSettings
from tests.gateway.conftest import standins
from tests.gateway.standin import StandIns
from tools import edge_in_pods

DEPLOYMENT = ROOT / "deploy/base/edge/deployment.yaml"
COMPOSE = ROOT / "deploy/compose.yaml"
HERE = {
    "/etc/qpo/contracts/qpo.binpb": ROOT / "gen/descriptors/qpo.binpb",
    "/etc/qpo/openapi/qpo.yaml": ROOT / "gen/openapi/qpo.yaml",
    "/etc/qpo/pages/docs.html": ROOT / "gen/openapi/index.html",
    "/etc/qpo/live/live.html": ROOT / "gateway/live.html",
}


def with_files_of_this_machine() -> str:
    text = edge_in_pods.emit()
    for there, here in HERE.items():
        assert there in text
        text = text.replace(there, str(here))
    return text


@dataclass(frozen=True, slots=True)
class InPods(Envoy):
    """That Envoy, with the ports of this machine."""

    behind: Mapping[str, int] = field(default_factory=dict)

    def prepare(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        config = yaml.safe_load(with_files_of_this_machine())
        for address in sockets(config):
            address.update(self.moved(address["address"], address["port_value"]))
        for bucket in buckets(config):
            bucket.update(max_tokens=20, tokens_per_fill=1)
        self._config.write_text(yaml.safe_dump(config))

    def moved(self, host: str, port: int) -> dict[str, Any]:
        own = {8080: "edge", 9090: "ml_metrics", 9901: "edge_admin", 9902: "edge_jwks"}
        service = host.removesuffix("-service")
        there = self.behind[service] if service in SERVICES else self.addresses.ports[own[port]]
        return {"address": "127.0.0.1", "port_value": there}


def sockets(node: Any) -> Iterator[dict[str, Any]]:
    """Every address in a configuration, once."""
    found = {}
    for each in edge_in_pods._nodes(node):
        if "socket_address" in each:
            found[id(each["socket_address"])] = each["socket_address"]
    yield from found.values()


def buckets(node: Any) -> list[dict[str, Any]]:
    """What counts the calls of an address."""
    return [each["token_bucket"] for each in edge_in_pods._nodes(node) if "token_bucket" in each and "entries" in each]


@dataclass(frozen=True)
class Pod:
    rest: httpx.Client
    services: StandIns
    metrics: str
    port: int
    admin: int


@pytest.fixture(scope="module")
def pod(tokens: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    settings = MeshSettings(free_ports=True)
    addresses, folder = choose(settings), tmp_path_factory.mktemp("pod")
    with standins(tokens) as services:
        envoy = InPods(addresses, folder, settings.cors_origins, behind=services.ports)
        with running(envoy, folder / "log"), httpx.Client(base_url=addresses.edge_url, trust_env=False) as rest:
            rest.headers["authorization"] = f"Bearer {tokens.mint()}"
            metrics = f"http://127.0.0.1:{addresses.ports['ml_metrics']}"
            yield Pod(rest, services, metrics, addresses.ports["edge"], addresses.ports["edge_admin"])


def test_envoy_accepts_it(tmp_path: Path) -> None:
    (tmp_path / "envoy.yaml").write_text(with_files_of_this_machine())
    command = [binary(), "--mode", "validate", "-c", tmp_path / "envoy.yaml", "--log-level", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_what_the_mesh_decides_the_edge_leaves_to_it() -> None:
    keys = {key for node in edge_in_pods._nodes(edge_in_pods.bootstrap()) for key in node}
    of_sidecars = {"retry_policy", "health_checks", "outlier_detection", "cluster_min_healthy_percentages"}
    assert not keys & of_sidecars
    assert all(f"{key}:" in TEMPLATE.read_text() for key in of_sidecars), "a word that the template does not have"


def test_it_lets_in_what_all_replicas_that_a_scaler_may_start_work_on() -> None:
    clusters = {each["name"]: each for each in edge_in_pods.bootstrap()["static_resources"]["clusters"]}
    assert set(SERVICES) | {"ticks"} == {name for name, each in clusters.items() if "circuit_breakers" in each}
    for name, cluster in clusters.items():
        if "circuit_breakers" in cluster:
            usual, waiting = cluster["circuit_breakers"]["thresholds"]
            service = "marketdata" if name == "ticks" else name
            assert (usual["priority"], usual["max_requests"]) == ("DEFAULT", AT_ONCE * replicas_at_most(service))
            assert waiting["priority"] == "HIGH"


def replicas_at_most(service: str) -> int:
    """As both kinds of scaler have it."""
    said = [
        yaml.safe_load((ROOT / "deploy/scaling" / kind / f"{service}.yaml").read_text())["spec"]
        for kind in ("hpa", "keda")
    ]
    (most,) = {said[0]["maxReplicas"], said[1]["maxReplicaCount"]}
    return int(most)


def test_whose_pages_may_call_is_said_to_be_replaced() -> None:
    host = edge_in_pods.CORS_ORIGINS.removeprefix("https://").replace("\\", "")
    assert f"| `{host}`" in (ROOT / "docs/architecture/04-operations/deployment.md").read_text()


def test_its_deployment_mounts_what_it_reads_and_opens_where_it_listens() -> None:
    deployment = yaml.safe_load(DEPLOYMENT.read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
    assert {str(Path(path).parent) for path in HERE} <= set(mounted)
    config = edge_in_pods.bootstrap()["static_resources"]["listeners"]
    open_ports = {each["address"]["socket_address"]["port_value"] for each in config if each["name"] != "jwks"}
    assert open_ports == {port["containerPort"] for port in container["ports"]}


def test_whoever_calls_is_whom_the_gateway_saw(pod: Pod) -> None:
    claimed = {"x-forwarded-for": "203.0.113.7, 198.51.100.4"}
    assert pod.rest.get("/api/v1/auth/me", headers=claimed).status_code == 200
    assert pod.services.asked[-1].metadata["x-forwarded-for"] == "203.0.113.7, 198.51.100.4"


def test_calls_are_counted_by_the_address_that_the_gateway_saw(pod: Pod) -> None:
    busy = [called_by(pod, "198.51.100.7") for _ in range(60)]
    assert 429 in busy
    assert called_by(pod, "198.51.100.8") == 200


def called_by(pod: Pod, address: str) -> int:
    return pod.rest.get("/api/v1/auth/me", headers={"x-forwarded-for": address}).status_code


def test_its_metrics_are_told_and_nothing_else_of_its_administration(pod: Pod) -> None:
    told = httpx.get(f"{pod.metrics}/metrics", trust_env=False)
    assert "envoy_cluster_upstream_rq" in told.text
    for path in ("/config_dump", "/stats", "/quitquitquit", "/"):
        assert httpx.get(f"{pod.metrics}{path}", trust_env=False).status_code == 404


def healthy_to_compose(pod: Pod) -> bool:
    """Whether the edge is, to the very command by which Compose asks."""
    edge = yaml.safe_load(COMPOSE.read_text())["services"]["edge"]
    first, *shell, script = edge["healthcheck"]["test"]
    assert first == "CMD"
    assert "/8080 " in script
    here = script.replace("/8080 ", f"/{pod.port} ")
    return subprocess.run([*shell, here], capture_output=True, timeout=30, check=False).returncode == 0


def test_compose_finds_it_healthy(pod: Pod) -> None:
    assert healthy_to_compose(pod)


def test_before_it_stops_it_asks_its_callers_to_go_and_still_answers(pod: Pod) -> None:
    (container,) = yaml.safe_load(DEPLOYMENT.read_text())["spec"]["template"]["spec"]["containers"]
    *shell, script = container["lifecycle"]["preStop"]["exec"]["command"]
    assert "sleep 22" in script
    here = script.replace("/9901", f"/{pod.admin}").replace("sleep 22", "true")
    before = pod.rest.get("/api/v1/auth/me")
    assert (before.status_code, before.headers.get("connection")) == (200, None)
    done = subprocess.run([*shell, here], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.startswith("HTTP/1.1 200"), done.stdout + done.stderr
    assert done.returncode == 0
    after = pod.rest.get("/api/v1/auth/me")
    assert (after.status_code, after.headers.get("connection")) == (200, "close")
    assert [pod.rest.get(path).status_code for path in ("/ready", "/health")] == [503, 200]
    assert not healthy_to_compose(pod)
