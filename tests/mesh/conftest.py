"""The whole stack, once for all tests of this folder: the real services behind the real Envoy."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.mesh.rest import User, administrator


@pytest.fixture(scope="session")
def mesh() -> Iterator[Mesh]:
    """A ready mesh on free ports: `edge_url`, `edge_address`, `address("portfolio")`, `layout`."""
    with tempfile.TemporaryDirectory(prefix="qpo-mesh-") as folder, pytest.MonkeyPatch.context() as patch:
        # A vendor that may be asked, at an address where nobody answers.
        patch.setenv("QPO_MARKETDATA_FMP_KEY", "none")
        patch.setenv("QPO_MARKETDATA_FMP_URL", "http://127.0.0.1:9")
        # All tests come from one address, and some of them with anything for a password.
        patch.setenv("QPO_AUTH_ATTEMPTS_PER_ADDRESS", "6000 per minute")
        patch.setenv("QPO_AUTH_ATTEMPTS_OF_EVERYBODY", "6000 per minute")
        settings = MeshSettings(state_dir=Path(folder) / "state", free_ports=True, durable=False, optimizer_workers=2)
        with Mesh(settings) as running:
            yield running


@pytest.fixture(scope="session")
def rest(mesh: Mesh) -> Iterator[httpx.Client]:
    """A client of the edge without a token, deaf to proxies in the environment."""
    with httpx.Client(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def admin(mesh: Mesh) -> User:
    """The administrator, who can be made once."""
    return administrator(mesh).import_prices()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of this folder: it needs the whole stack."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.mesh)
