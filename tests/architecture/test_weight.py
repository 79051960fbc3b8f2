"""What a start imports: modules that take long to import are imported where they are used, or once for all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stack.services import COMMON
from stack.settings import MeshSettings

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))
# Half a second of CPU each, or not far from it, in a process that has no use for them at its start.
HEAVY = {
    "matplotlib",
    "scipy",
    "clarabel",
    "numba",
    "cvxpy",
    "alembic",
    "sqlalchemy",
    "psycopg",
    "pyarrow",
    "rich",
    "pygments",
    "cyclopts",
}
OURS = {"chassis", "services", "stack", "clients", "qpo", "buf"}


def after(*modules: str) -> dict:
    """What a fresh Python has imported after `modules`, and its threads."""
    code = (
        f"import {', '.join(modules)}\n"
        "import json, os, sys\n"
        "print(json.dumps({'modules': sorted(sys.modules), 'threads': len(os.listdir('/proc/self/task'))}))"
    )
    command, environment = [sys.executable, "-c", code], {**os.environ, **COMMON}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def packages(modules) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.fixture(scope="module")
def preloaded() -> dict:
    return after(*MeshSettings().preload)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_without_what_it_may_never_need(service):
    assert packages(after(f"services.{service}.__main__")["modules"]) & HEAVY == set()


def test_the_command_line_starts_with_its_own_tools_alone():
    found = packages(after("clients.cli.__main__")["modules"])
    assert (
        found & ((HEAVY | {"grpc", "google", "numpy", "pydantic", "asyncio", "httpx", "stack"}) - {"rich", "cyclopts"})
        == set()
    )


def test_the_mesh_s_owner_starts_without_the_libraries_of_its_services():
    assert packages(after("stack.mesh")["modules"]) & (HEAVY | {"grpc", "google", "numpy"}) == set()


def test_the_process_that_services_are_forked_from_may_be_forked(preloaded):
    assert preloaded["threads"] == 1
    assert packages(preloaded["modules"]) & HEAVY == set()
    assert after(*MeshSettings().preload, *MeshSettings().preload_to_migrate)["threads"] == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_fork_finds_nearly_all_its_imports_made(preloaded, service):
    left = set(after(f"services.{service}.__main__")["modules"]) - set(preloaded["modules"])
    others = {module for module in left if module.partition(".")[0] not in OURS | sys.stdlib_module_names}
    assert len(others) < 30, sorted(others)
