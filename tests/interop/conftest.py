"""A mesh for programs in other languages, and each of them built."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.fixtures.skips import missing
from tests.interop.programs import PROGRAMS, Program, built
from tests.mesh.rest import PASSWORD, SYMBOLS, closes

# Which languages have walked, for the summary.
WALKED: list[str] = []
LANGUAGES = [
    pytest.param(name, marks=[pytest.mark.nightly] if program.nightly else [], id=name)
    for name, program in PROGRAMS.items()
]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which languages ran."""
    if WALKED:
        terminalreporter.write_line(f"interop: the main job was done from {', '.join(sorted(WALKED))}")


@pytest.fixture(scope="session")
def mesh() -> Iterator[Mesh]:
    """A ready mesh on free ports."""
    with tempfile.TemporaryDirectory(prefix="qpo-interop-") as folder:
        settings = MeshSettings(state_dir=Path(folder) / "state", free_ports=True, durable=False, optimizer_workers=1)
        with Mesh(settings) as running:
            yield running


@pytest.fixture(scope="session", params=LANGUAGES)
def program(request: pytest.FixtureRequest) -> Program:
    """The program of each language that this machine has; the others are skipped by name."""
    lack = PROGRAMS[request.param].missing()
    if lack:
        pytest.skip(missing(lack))
    return built(request.param)


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wide CSV of closes, the same every time."""
    file = tmp_path_factory.mktemp("prices") / "closes.csv"
    file.write_bytes(closes())
    return file


@pytest.fixture(scope="session")
def new_task(mesh: Mesh, prices: Path) -> Callable[[], dict[str, object]]:
    """A walk to be done by somebody who has no account yet."""

    def task() -> dict[str, object]:
        return {
            "edge": mesh.edge_address,
            "email": f"{uuid4().hex[:12]}@example.com",
            "password": PASSWORD,
            "dataset": "closes",
            "prices": str(prices),
            "symbols": list(SYMBOLS),
        }

    return task


@pytest.fixture(scope="session")
def reference(new_task: Callable[[], dict[str, object]]) -> dict[str, object]:
    """What Python sees, by the package that its users install."""
    return built("python").walk(new_task())
