"""The mesh of istio/ on one machine: the real istiod over these very files, and Envoys that it tells what to do."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import yaml

from benchmarks.program import free_port
from stack.envoy import binary
from stack.identities import DOMAIN
from tests.istio.certificates import Authority, Proof, spiffe
from tests.istio.kubernetes import EmptyCluster
from tests.istio.registry import Place, listening, services, workloads
from tests.istio.secrets import Secrets
from tools.mesh.__main__ import ROOT
from tools.mesh.names import NAMESPACE, workload

CACHE = ROOT.parent / ".cache" / "istio"
PILOT, ISTIOCTL = CACHE / "pilot-discovery", CACHE / "istioctl"
_H2 = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
}
_EXPRESSIONS = "re2.max_program_size.error_level"
_ASK = httpx.Client(trust_env=False, timeout=10)


def until(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for what another process does, which tells nobody when it has."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)


@contextlib.contextmanager
def program(words: Sequence[str], log: Path, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program in a session of its own, until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            env={**os.environ, **environment},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return _ASK.get(url).status_code == 200
    return False


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Mesh:
    """A control plane, and what was started in it; `config` is the folder that istiod watches."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.config = folder / "config"
        self.authority = Authority()
        self.secrets = Secrets(self.authority, folder / "sds.sock")
        stack.callback(self.secrets.close)
        self._cluster = EmptyCluster(folder)
        stack.callback(self._cluster.close)
        # Loopback addresses of this run alone.
        draw = random.SystemRandom()
        self._net = f"127.{draw.randrange(16, 250)}.{draw.randrange(1, 250)}"
        self._places: list[Place] = []
        self._admins: dict[str, int] = {}
        self._ports = {name: free_port() for name in ("grpc", "http", "monitoring")}

    def place(self, part: str, version: str = "v1", suffix: str = "", zone: str = "") -> Place:
        """Chooses where a workload will be; before `start`."""
        number = len(self._places) + 10
        name = f"{part}-{version}{suffix}"
        outward = f"{self._net}.{number + 100}"
        address = f"{self._net}.{number}"
        self._places.append(Place(name, part, version, address, outward, free_port(), free_port(), zone))
        return self._places[-1]

    def start(self) -> None:
        """Starts istiod, and a sidecar for each place, which shows who it is."""
        self._write()
        told = ROOT / "install.yaml"
        mesh = yaml.safe_load(told.read_text())["spec"]["meshConfig"]
        mesh |= {"configSources": [{"address": f"fs://{self.config}"}], "ingressControllerMode": "OFF"}
        (self.folder / "mesh.yaml").write_text(yaml.safe_dump(mesh))
        addresses = [f"--{name}Addr=127.0.0.1:{port}" for name, port in self._ports.items()]
        options = [
            f"--kubeconfig={self._cluster.config}",
            f"--meshConfig={self.folder / 'mesh.yaml'}",
            "--httpsAddr=",
            "--secureGRPCAddr=",
        ]
        environment = yaml.safe_load(told.read_text())["spec"]["values"]["pilot"]["env"] | {
            # Stock Envoy has no filters of Istio's own.
            "PILOT_ENABLE_ALPN_FILTER": "false",
            "PILOT_ENABLE_METADATA_EXCHANGE": "false",
            # Certificates come from the test's authority.
            "ENABLE_CA_SERVER": "false",
            "PILOT_CERT_PROVIDER": "none",
            # Of Kubernetes there is nothing here to write to, or to read from.
            "ENABLE_LEADER_ELECTION": "false",
            "PILOT_ENABLE_GATEWAY_API": "false",
            "INJECT_ENABLED": "false",
            "PILOT_ENABLE_IP_AUTOALLOCATE": "false",
            "INJECTION_WEBHOOK_CONFIG_NAME": "",
            "VALIDATION_WEBHOOK_CONFIG_NAME": "",
            "POD_NAMESPACE": "istio-system",
        }
        words = [
            str(PILOT),
            "discovery",
            *options,
            *addresses,
            "--ctrlz_port=0",
            "--keepaliveMaxServerConnectionAge=1h",
        ]
        log = self.folder / "istiod.log"
        process = self._stack.enter_context(program(words, log, self.folder, **environment))
        # It listens last of all.
        until("istiod", lambda: process.poll() is not None or listens(self._ports["grpc"]))
        assert process.poll() is None, log.read_text()[-4000:]
        for place in self._places:
            self._sidecar(place)
        for place in self._places:
            url = f"{self._admin(place.name)}/ready"
            until(f"the sidecar of {place.name}", functools.partial(answers, url))

    def _write(self) -> None:
        for folder in ("egress", "ingress", "security", "telemetry", "traffic"):
            shutil.copytree(ROOT / folder, self.config / folder)
        scopes = {part: yaml.safe_load((ROOT / f"scopes/what-{part}-sees.yaml").read_text()) for part in self._parts}
        listened = [listening(scopes[place.part], place) for place in self._places]
        known = [*services(), *workloads(self._places), *listened]
        (self.config / "registry.yaml").write_text("---\n".join(yaml.safe_dump(each) for each in known))

    @property
    def _parts(self) -> set[str]:
        return {place.part for place in self._places}

    def identify(self, place: Place, proof: Proof | None = None) -> None:
        """Gives a sidecar its certificate, or another."""
        self.secrets.give(self._node(place), proof or self.authority.proof(spiffe(workload(place.part))))

    def shows(self, place: Place, uri: str) -> bool:
        """Whether a sidecar has this identity by now."""
        return uri in _ASK.get(f"{self._admin(place.name)}/certs").text

    def _node(self, place: Place) -> str:
        return f"sidecar~{place.address}~{place.name}.{NAMESPACE}~{NAMESPACE}.svc.cluster.local"

    def _sidecar(self, place: Place) -> None:
        self.identify(place)
        self._admins[place.name] = free_port()
        file = self.folder / f"{place.name}.json"
        file.write_text(json.dumps(self._bootstrap(place)))
        options = ["-c", str(file), "--concurrency", "1", "--use-dynamic-base-id", "--log-level", "warning"]
        log = self.folder / f"{place.name}.log"
        self._stack.enter_context(program([str(binary()), *options], log, self.folder))

    def _bootstrap(self, place: Place) -> dict[str, Any]:
        metadata = {
            "INTERCEPTION_MODE": "NONE",
            "NAMESPACE": NAMESPACE,
            "SERVICE_ACCOUNT": workload(place.part),
            "LABELS": place.labels,
            "WORKLOAD_NAME": place.name,
            "ISTIO_VERSION": "1.31.0",
            "MESH_ID": DOMAIN,
            # Ports below 1024 are not bound.
            "UNPRIVILEGED_POD": "true",
            "CLUSTER_ID": "Kubernetes",
        }
        ads = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
        istiod = {"socket_address": {"address": "127.0.0.1", "port_value": self._ports["grpc"]}}
        agent = {"pipe": {"path": str(self.folder / "sds.sock")}}
        port = self._admins[place.name]
        return {
            "node": {"id": self._node(place), "cluster": f"{place.part}.{NAMESPACE}", "metadata": metadata},
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}},
            # As Istio's own bootstrap has it: a route of many methods is a long expression.
            "layered_runtime": {"layers": [{"name": "istio", "static_layer": {_EXPRESSIONS: 32768}}]},
            "dynamic_resources": {
                "lds_config": ads,
                "cds_config": ads,
                "ads_config": {
                    "api_type": "DELTA_GRPC",
                    "transport_api_version": "V3",
                    "set_node_on_first_message_only": True,
                    "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}],
                },
            },
            "static_resources": {"clusters": [_cluster("xds-grpc", istiod), _cluster("sds-grpc", agent)]},
        }

    def _admin(self, name: str) -> str:
        return f"http://127.0.0.1:{self._admins[name]}"

    def stat(self, place: Place, pattern: str) -> int:
        """The sum of a sidecar's counters whose names match."""
        text = _ASK.get(f"{self._admin(place.name)}/stats", params={"filter": pattern}).text
        return sum(int(line.rpartition(": ")[2]) for line in text.splitlines())

    def dump(self, place: Place, resource: str = "") -> str:
        """What a sidecar was told."""
        wanted = {"resource": resource} if resource else {}
        return _ASK.get(f"{self._admin(place.name)}/config_dump", params=wanted).text

    def routes(self, place: Place, service: str) -> list[dict[str, Any]]:
        """What a sidecar does with the calls of a service."""
        dumped = json.loads(self.dump(place, "dynamic_route_configs")).get("configs", [])
        hosts = [host for each in dumped for host in each["route_config"].get("virtual_hosts", [])]
        return [route for host in hosts if host["name"].startswith(f"{service}.") for route in host["routes"]]

    def shares(self, place: Place, service: str, version: str) -> list[int]:
        """The hundredths that a version has in each route of a service that asks for no version."""
        routes = [route for route in self.routes(place, service) if not route["name"].endswith("-v2")]
        return [_share(route["route"], version) for route in routes]

    def rewrite(self, file: str, text: str) -> None:
        """Writes a file of the folder that istiod watches, so that it never reads half of one."""
        draft = (self.config / file).with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.config / file)

    def work(self, place: Place) -> None:
        """Starts the workload of a place."""
        words = [sys.executable, "-m", "tests.istio.workload", str(place.port), str(place.metrics), place.name]
        self._stack.enter_context(program(words, self.folder / f"{place.name}.workload.log", ROOT.parent))


def _share(route: dict[str, Any], version: str) -> int:
    if "cluster" in route:
        return 100 if f"|{version}|" in route["cluster"] else 0
    shares = route["weighted_clusters"]["clusters"]
    return sum(each["weight"] for each in shares if f"|{version}|" in each["name"])


def _cluster(name: str, address: dict[str, Any]) -> dict[str, Any]:
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": _H2,
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
    }
