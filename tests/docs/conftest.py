"""A newcomer's folder with the mesh that `qpo up` runs in it, and a terminal there."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.addresses import Addresses, choose
from stack.settings import MeshSettings
from tests.docs.blocks import Block
from tests.gateway.conftest import edge, edge_session  # noqa: F401 - fixtures: the real edge before stand-ins

ROOT = Path(__file__).resolve().parents[2]
# What a checkout does not hold, or a run would write to.
NOT_LINKED = {".git", ".qpo", "out", ".venv"}
# Where the pages say that things are: on a laptop where no port is taken.
LAPTOP = {name.removesuffix("_port"): field.default for name, field in MeshSettings.model_fields.items()}


@dataclass(frozen=True)
class Newcomer:
    """Someone in a fresh checkout, the mesh up in another terminal."""

    folder: Path
    environment: dict[str, str]
    addresses: Addresses

    def here(self, text: str) -> str:
        """A page's text with the ports as they are here."""
        for name, port in self.addresses.ports.items():
            usual = LAPTOP["edge_tls" if self.addresses.tls and name == "edge" else name]
            text = text.replace(f"localhost:{usual}", f"localhost:{port}")
        return text

    def run(self, blocks: Sequence[Block]) -> list[str]:
        """Runs the blocks one after the other in one bash; returns what each printed. Any that fails ends the test."""
        mark = "--- next block ---"
        script = "".join(f"{self.here(block.script)}\necho '{mark}'\n" for block in blocks)
        ran = subprocess.run(
            ["bash", "-euc", script],
            **{"cwd": self.folder, "env": self.environment, "capture_output": True, "text": True, "timeout": 140},
            check=False,
        )
        printed = ran.stdout.split(f"{mark}\n")
        if ran.returncode:
            failed = blocks[len(printed) - 1]
            pytest.fail(f"{failed.page.name}:{failed.line} failed:\n{failed.text}\n{printed[-1]}\n{ran.stderr}")
        return printed[:-1]


@pytest.fixture(scope="session")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """A checkout of symbolic links, in which `qpo up` runs."""
    with moved_in(tmp_path_factory.mktemp("checkout"), tls=False) as someone:
        yield someone


@pytest.fixture(scope="session")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """Another, in which `qpo up --tls` runs."""
    with moved_in(tmp_path_factory.mktemp("encrypted"), tls=True) as someone:
        yield someone


@contextmanager
def moved_in(folder: Path, *, tls: bool) -> Iterator[Newcomer]:
    """Someone in this folder, while the mesh is up."""
    for entry in ROOT.iterdir():
        if entry.name not in NOT_LINKED:
            (folder / entry.name).symlink_to(entry)
    (folder / ".venv").symlink_to(sys.prefix)
    local = "localhost,127.0.0.1"
    home = {"XDG_CONFIG_HOME": str(folder / "config"), "no_proxy": local, "NO_PROXY": local}
    environment = {**os.environ, **home}
    addresses = choose(MeshSettings(free_ports=True, tls=tls))
    ports = {f"QPO_STACK_{name.upper()}_PORT": str(port) for name, port in addresses.ports.items()}
    ports["QPO_STACK_EDGE_TLS_PORT"] = str(addresses.ports["edge"])
    mesh = {**ports, "QPO_STACK_DURABLE": "false", "QPO_STACK_OPTIMIZER_WORKERS": "2"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    command = [".venv/bin/qpo", "up", *(["--tls"] if tls else [])]
    with subprocess.Popen(command, cwd=folder, env=environment | mesh, **pipes) as up:
        said = []
        for line in up.stdout:
            said.append(line)
            if "ready after" in line:
                break
        else:
            pytest.fail("`qpo up` ended:\n" + "".join(said))
        yield Newcomer(folder, environment, addresses)
        up.terminate()
        left, _ = up.communicate(timeout=60)
    assert up.returncode == 0, left
