"""What Prometheus reads in a cluster, reckoned by promtool from the overlays' own pods: each once, where it answers."""

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.addresses import SERVICES
from stack.identities import EDGE
from stack.layout import ROOT
from tests.deploy.rendering import OVERLAYS, rendered
from tools.manifests.manifest import pods_in
from tools.mesh.names import METRICS, NAMESPACE, workload

CONFIG = ROOT / "observability" / "prometheus" / "kubernetes.yml"
# Where a sidecar's agent tells the service's metrics and its own as one, and where the sidecar's Envoy tells its own.
AGENT, JOINED, SIDECAR = 15020, "/stats/prometheus", 15090
EXPORTERS = {"postgres-exporter": 9187, "redis-exporter": 9121, "node-exporter": 9100}
Labels = dict[str, str]
Template = dict[str, Any]

pytestmark = pytest.mark.component("promtool")


def injected(template: Template) -> tuple[Labels, list[tuple[int, bool]]]:
    """A pod's annotations and ports as Istio's injector leaves them; of a port, whether it is an init container's."""
    told = dict(template["metadata"].get("annotations", {}))
    ports = [
        (port["containerPort"], False) for each in template["spec"]["containers"] for port in each.get("ports", ())
    ]
    if told.get("prometheus.io/scrape") == "true" and told.get("prometheus.istio.io/merge-metrics") != "false":
        told |= {"prometheus.io/port": str(AGENT), "prometheus.io/path": JOINED}
    return told, [*ports, (SIDECAR, True)]


def discovered(name: str, template: Template) -> Iterator[Labels]:
    """What Prometheus finds of a pod: an entry for each port of its containers."""
    annotations, ports = injected(template)
    pod = {"pod_name": name, "pod_ip": "10.0.0.1"}
    for kind, told in (("label", template["metadata"]["labels"]), ("annotation", annotations)):
        pod |= {f"pod_{kind}_{re.sub('[^a-zA-Z0-9]', '_', key)}": value for key, value in told.items()}
    for port, init in ports:
        of_port = {"pod_container_port_number": str(port), "pod_container_init": str(init).lower()}
        yield {f"__meta_kubernetes_{key}": value for key, value in (pod | of_port).items()}


def targets(folder: Path, job: str, entries: list[Labels]) -> list[Labels]:
    """What a job makes of entries, as Prometheus itself reckons it."""
    config = yaml.safe_load(CONFIG.read_text())
    (told,) = [each for each in config["scrape_configs"] if each["job_name"] == job]
    del told["kubernetes_sd_configs"]
    told["static_configs"] = [
        {"targets": [f"10.0.0.1:{each['__meta_kubernetes_pod_container_port_number']}"], "labels": each}
        for each in entries
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": [told]}))
    # It looks for as long as it is told to, though it has found everything.
    command = ["promtool", "check", "service-discovery", "--timeout=3s", str(folder / "prometheus.yml"), job]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert len(found) == len(entries), "promtool has not looked at all of them"
    return [each["labels"] for each in found if each.get("labels")]


@cache
def pods() -> dict[str, Template]:
    """The pods of ours, of both overlays, each once."""
    return {
        f"{overlay}-{pods.owner['metadata']['name']}": pods.owner["spec"]["template"]
        for overlay in OVERLAYS
        for pods in pods_in(rendered(overlay))
        if pods.owner["metadata"]["namespace"] == NAMESPACE
    }


def read_by(folder: Path, job: str) -> dict[str, Labels]:
    """By pod what a job reads; a pod that it reads twice is a failure."""
    entries = [entry for name, template in pods().items() for entry in discovered(name, template)]
    found = targets(folder, job, entries)
    by_pod = {each["pod"]: each for each in found}
    assert len(by_pod) == len(found), found
    return by_pod


def wanted(name: str, part: str, job: str, port: int, path: str) -> Labels:
    return {
        "__address__": f"10.0.0.1:{port}",
        "__metrics_path__": path,
        "instance": f"10.0.0.1:{port}",
        "job": job,
        "pod": name,
        "service": part,
        "version": "v1",
    }


def told(found: dict[str, Labels]) -> dict[str, Labels]:
    """Without what is the same for all: scheme and intervals."""
    same = {"__scheme__", "__scrape_interval__", "__scrape_timeout__"}
    return {name: {key: value for key, value in each.items() if key not in same} for name, each in found.items()}


def test_every_pod_of_a_service_is_read_once_through_its_sidecars_agent(tmp_path: Path) -> None:
    names = [(f"{overlay}-{workload(service)}", service) for overlay in OVERLAYS for service in SERVICES]
    expected = {name: wanted(name, service, "portfolio-app", AGENT, JOINED) for name, service in names}
    assert told(read_by(tmp_path, "portfolio-app")) == expected


def test_every_pod_of_the_edge_is_read_once_past_its_sidecar(tmp_path: Path) -> None:
    names = [f"{overlay}-{EDGE}" for overlay in OVERLAYS]
    assert told(read_by(tmp_path, "edge")) == {name: wanted(name, EDGE, "edge", METRICS, "/metrics") for name in names}
    for name in names:
        # Where the sidecar took the connection, it would want mutual TLS of Prometheus.
        annotations = pods()[name]["metadata"]["annotations"]
        assert annotations["traffic.sidecar.istio.io/excludeInboundPorts"] == str(METRICS)


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_an_exporter_beside_prometheus_is_read_at_its_port(tmp_path: Path, exporter: str) -> None:
    entries = [
        entry
        for name, port in EXPORTERS.items()
        for entry in discovered(
            name,
            {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"ports": [{"containerPort": port}]}]}},
        )
    ]
    (found,) = targets(tmp_path, exporter, entries)
    assert (found["__address__"], found["service"]) == (f"10.0.0.1:{EXPORTERS[exporter]}", exporter)
