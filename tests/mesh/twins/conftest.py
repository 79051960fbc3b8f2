"""A mesh with two of each service, for the tests of this folder alone."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.events import State
from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.mesh.rest import User
from tests.mesh.twins.mesh import await_true


@pytest.fixture(scope="package")
def mesh() -> Iterator[Mesh]:
    """A mesh with two of each service."""
    with tempfile.TemporaryDirectory(prefix="qpo-twins-") as folder:
        state = Path(folder) / "state"
        settings = MeshSettings(
            state_dir=state, free_ports=True, durable=False, optimizer_workers=2, replicas=2, edge_drain=3
        )
        with Mesh(settings) as running:
            yield running


@pytest.fixture(scope="package")
def me(mesh: Mesh) -> User:
    """A user with prices."""
    return User(mesh.edge_url, mesh.edge_address).register().import_prices()


@pytest.fixture(autouse=True)
def whole(mesh: Mesh) -> None:
    """Every test begins with a whole mesh, whatever the one before killed."""
    await_true(lambda: all(part.state is State.READY for part in mesh.parts()), 60)
