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
from tests.istio.bootstrap import bootstrap
from tests.istio.certificates import HOST, Authority, Proof, spiffe
from tests.istio.kubernetes import Cluster
from tests.istio.registry import SYSTEM, Gateway, Place, Proxy, entrance, listening, services, workloads
from tests.istio.secrets import Secrets
from tools.mesh.__main__ import ROOT

CACHE = ROOT.parent / ".cache" / "istio"
PILOT, ISTIOCTL = CACHE / "pilot-discovery", CACHE / "istioctl"
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
        # Who vouches for our name to the world.
        self.public = Authority()
        self._agent = folder / "sds.sock"
        self.secrets = Secrets(self.authority, self._agent)
        stack.callback(self.secrets.close)
        self._cluster = Cluster(folder, reader=(SYSTEM, Gateway.account))
        self.certify()
        stack.callback(self._cluster.close)
        # Loopback addresses of this run alone.
        draw = random.SystemRandom()
        self._net = f"127.{draw.randrange(16, 250)}.{draw.randrange(1, 250)}"
        self._places: list[Place] = []
        self.gateway = Gateway(f"{self._net}.9", free_port(), free_port())
        self._admins: dict[str, int] = {}
        self._ports = {name: free_port() for name in ("secureGRPC", "http", "monitoring")}

    def place(self, part: str, version: str = "v1", suffix: str = "", zone: str = "") -> Place:
        """Chooses where a workload will be; before `start`."""
        number = len(self._places) + 10
        name = f"{part}-{version}{suffix}"
        outward = f"{self._net}.{number + 100}"
        address = f"{self._net}.{number}"
        self._places.append(Place(name, part, version, address, outward, free_port(), free_port(), zone))
        return self._places[-1]

    def start(self) -> None:
        """Starts istiod, the gateway, and a sidecar for each place, which show who they are."""
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
            "--grpcAddr=",
            *self._certified(),
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
            "POD_NAMESPACE": SYSTEM,
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
        until("istiod", lambda: process.poll() is not None or listens(self._ports["secureGRPC"]))
        assert process.poll() is None, log.read_text()[-4000:]
        proxies = [*self._places, self.gateway]
        for proxy in proxies:
            self._proxy(proxy)
        for proxy in proxies:
            url = f"{self._admin(proxy.name)}/ready"
            until(f"the Envoy of {proxy.name}", functools.partial(answers, url))

    def _certified(self) -> list[str]:
        """What istiod shows to proxies, and whom it believes."""
        proof = self.authority.proof(spiffe("istiod", SYSTEM))
        shown = {"caCertFile": self.authority.certificate, "tlsCertFile": proof.certificate, "tlsKeyFile": proof.key}
        for name, content in shown.items():
            (self.folder / name).write_bytes(content)
        return [f"--{name}={self.folder / name}" for name in shown]

    def _write(self) -> None:
        for folder in ("egress", "ingress", "security", "telemetry", "traffic"):
            shutil.copytree(ROOT / folder, self.config / folder)
        scopes = {part: yaml.safe_load((ROOT / f"scopes/what-{part}-sees.yaml").read_text()) for part in self._parts}
        listened = [listening(scopes[place.part], place) for place in self._places]
        known = [*services(), *workloads(self._places), *entrance(self.gateway), *listened]
        (self.config / "registry.yaml").write_text("---\n".join(yaml.safe_dump(each) for each in known))

    @property
    def _parts(self) -> set[str]:
        return {place.part for place in self._places}

    def identify(self, proxy: Proxy, proof: Proof | None = None) -> None:
        """Gives a proxy its certificate, or another."""
        self.secrets.give(proxy.node, proof or self.authority.proof(spiffe(proxy.account, proxy.namespace)))

    def certify(self) -> Proof:
        """Writes the certificate of our public name where the gateway's is kept, as cert-manager does; again, anew."""
        proof = self.public.proof(f"https://{HOST}")
        self._cluster.keep(SYSTEM, "qpo-edge-tls", proof)
        return proof

    def shows(self, place: Place, uri: str) -> bool:
        """Whether a sidecar has this identity by now."""
        return uri in _ASK.get(f"{self._admin(place.name)}/certs").text

    def _proxy(self, proxy: Proxy) -> None:
        self.identify(proxy)
        self._admins[proxy.name] = free_port()
        file = self.folder / f"{proxy.name}.json"
        file.write_text(json.dumps(bootstrap(proxy, self._admins[proxy.name], self._ports["secureGRPC"], self._agent)))
        options = ["-c", str(file), "--concurrency", "1", "--use-dynamic-base-id", "--log-level", "warning"]
        log = self.folder / f"{proxy.name}.log"
        self._stack.enter_context(program([str(binary()), *options], log, self.folder))

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
