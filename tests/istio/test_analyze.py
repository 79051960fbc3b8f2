"""istioctl, which knows what no schema says: references that lead nowhere, rules that never count, odd pairs."""

import subprocess
from pathlib import Path

import pytest
import yaml

from stack.addresses import SERVICES
from stack.identities import EDGE
from tests.fixtures.skips import missing
from tests.istio.mesh import ISTIOCTL
from tests.istio.test_manifests import FILES
from tools.mesh.__main__ import ROOT
from tools.mesh.names import GRPC, NAMESPACE, REST, workload

APPLIED = [path for path in FILES if path.parent.name != "examples" and path.name != "install.yaml"]


def cluster() -> str:
    """What the manifests stand beside: our Services, pods of both versions, and the gateway's."""
    made = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": INJECTED}}]
    for name in (workload(part) for part in (*SERVICES, EDGE)):
        port = {"name": "http", "port": REST} if name == EDGE else {"name": "grpc", "port": GRPC}
        spec = {"selector": {"app": name}, "ports": [port]}
        made.append({"apiVersion": "v1", "kind": "Service", "metadata": _named(name), "spec": spec})
        for version in ("v1", "v2"):
            labels = {"labels": {"app": name, "version": version}}
            made.append(
                {"apiVersion": "v1", "kind": "Pod", "metadata": _named(f"{name}-{version}") | labels, "spec": POD}
            )
    gateway = {"name": "istio-ingressgateway", "namespace": "istio-system", "labels": {"istio": "ingressgateway"}}
    made.append(
        {"apiVersion": "v1", "kind": "Pod", "metadata": gateway, "spec": {"containers": [{"name": "istio-proxy"}]}}
    )
    made.append(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "qpo-edge-tls", "namespace": "istio-system"}}
    )
    return yaml.safe_dump_all(made)


INJECTED = {"istio-injection": "enabled"}
POD = {
    "containers": [{"name": "service", "image": "service"}, {"name": "istio-proxy", "image": "istio/proxyv2:1.31.0"}]
}


def _named(name: str) -> dict[str, str]:
    return {"name": name, "namespace": NAMESPACE}


def analyzed(folder: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    if not ISTIOCTL.exists():
        pytest.skip(missing("istiod"))
    (folder / "cluster.yaml").write_text(cluster())
    words = [str(ISTIOCTL), "analyze", "--use-kube=false", "--namespace", NAMESPACE, "--failure-threshold", "Info"]
    told = [str(folder / "cluster.yaml"), *map(str, files)]
    return subprocess.run([*words, *told], capture_output=True, text=True, timeout=100, check=False)


def test_istioctl_finds_nothing_wrong_in_the_manifests(tmp_path):
    found = analyzed(tmp_path, *APPLIED)
    assert (found.returncode, found.stdout + found.stderr) == (0, found.stdout + found.stderr), (
        found.stdout + found.stderr
    )
    assert "No validation issues found" in found.stdout + found.stderr


def test_istioctl_finds_a_route_to_a_version_that_is_not_there(tmp_path):
    calls = ROOT / "traffic/calls-of-portfolio-are-routed-by-method.yaml"
    planted = tmp_path / "planted.yaml"
    planted.write_text(calls.read_text().replace("subset: v2", "subset: v3"))
    found = analyzed(tmp_path, planted, *(path for path in APPLIED if path != calls))
    assert found.returncode != 0
    assert "IST0101" in found.stdout + found.stderr
