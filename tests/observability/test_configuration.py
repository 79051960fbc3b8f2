"""What the watchers are told is what they understand."""

import subprocess
from pathlib import Path

import pytest
import yaml

from stack import alertmanager, prometheus
from stack.addresses import SERVICES, choose
from stack.layout import ROOT
from stack.settings import MeshSettings

ADDRESSES = choose(MeshSettings(free_ports=True, monitoring=True, replicas=2))
KUBERNETES = ROOT / "observability" / "prometheus" / "kubernetes.yml"


def checked(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def jobs(text: str) -> dict[str, dict]:
    return {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}


@pytest.mark.component("promtool")
def test_prometheus_takes_the_configuration_of_one_machine(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(prometheus.render(ADDRESSES))
    checked("promtool", "check", "config", str(tmp_path / "prometheus.yml"))


@pytest.mark.component("promtool")
def test_prometheus_takes_the_configuration_of_a_cluster(tmp_path: Path) -> None:
    """Debian's is built without Kubernetes: where pods are looked for is looked at here, the rest by it."""
    told = yaml.safe_load(KUBERNETES.read_text())
    for job in told["scrape_configs"]:
        namespace = "monitoring" if job["job_name"].endswith("-exporter") else "qpo"
        assert job.pop("kubernetes_sd_configs") == [{"role": "pod", "namespaces": {"names": [namespace]}}]
        job["static_configs"] = [{"targets": ["127.0.0.1:1"]}]
    (tmp_path / "kubernetes.yml").write_text(yaml.safe_dump(told))
    checked("promtool", "check", "config", "--syntax-only", str(tmp_path / "kubernetes.yml"))


@pytest.mark.component("amtool")
@pytest.mark.parametrize("url", [None, "http://127.0.0.1:1/"])
def test_alertmanager_takes_its_configuration(tmp_path: Path, url: str | None) -> None:
    (tmp_path / "alertmanager.yml").write_text(alertmanager.render(url))
    checked("amtool", "check-config", str(tmp_path / "alertmanager.yml"))


def test_every_replica_is_read_and_named_by_its_service() -> None:
    groups = jobs(prometheus.render(ADDRESSES))["portfolio-app"]["static_configs"]
    assert len(groups) == 2 * len(SERVICES)
    assert [group["labels"]["service"] for group in groups] == [service for service in SERVICES for _ in range(2)]


def test_the_intervals_are_the_specifications_on_one_machine_and_in_a_cluster() -> None:
    here, there = jobs(prometheus.render(ADDRESSES)), jobs(KUBERNETES.read_text())
    seconds = {"portfolio-app": 15, "edge": 15, "postgres-exporter": 30, "redis-exporter": 30, "node-exporter": 15}
    assert set(here) == set(there) == set(seconds)
    for name, each in seconds.items():
        assert here[name]["scrape_interval"] == f"{each * 1000}ms"
        assert there[name]["scrape_interval"] == f"{each}s"
    assert here["edge"]["metric_relabel_configs"] == there["edge"]["metric_relabel_configs"]


def test_the_ports_are_the_specifications_and_listed_only_where_they_are_wanted() -> None:
    free = MeshSettings()
    assert (free.prometheus_port, free.postgres_exporter_port, free.redis_exporter_port) == (9090, 9187, 9121)
    assert free.node_exporter_port == 9100
    assert "prometheus" not in choose(MeshSettings(free_ports=True)).ports
