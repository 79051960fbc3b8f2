"""The real services behind the real edge, two of each, every connection between processes encrypted."""

import json
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.fixtures.certificates import Certificates
from tests.mesh.rest import closes
from tests.mesh.test_qpo import Terminal


@pytest.fixture(scope="package")
def mesh() -> Iterator[Mesh]:
    """A mesh with TLS."""
    with tempfile.TemporaryDirectory(prefix="qpo-tls-") as folder:
        state = Path(folder) / "state"
        small = {"durable": False, "optimizer_workers": 1}
        with Mesh(MeshSettings(state_dir=state, free_ports=True, replicas=2, tls=True, **small)) as running:
            yield running


@pytest.fixture(scope="package")
def own(mesh: Mesh) -> Certificates:
    """The mesh's certificates."""
    return Certificates(mesh.layout.secrets("tls"))


@pytest.fixture(scope="package")
def qpo(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal on the machine of the mesh, whose user has prices; nobody has said whom to trust."""
    home = tmp_path_factory.mktemp("home")
    (home / "closes.csv").write_bytes(closes())
    terminal = Terminal(home, QPO_STACK_STATE_DIR=str(mesh.layout.root))
    terminal("register", "ada@example.com")
    terminal("prices", "import", "closes.csv", "--dataset", "mine")
    return terminal


@pytest.fixture(scope="package")
def token(qpo: Terminal) -> str:
    """That user's."""
    stored = qpo.home / "config" / "qpo" / "default.json"
    return str(json.loads(stored.read_text())["login"]["access_token"])


@pytest.fixture(scope="package")
def rest(mesh: Mesh, own: Certificates, token: str) -> Iterator[httpx.Client]:
    """REST as that user, by a client that was told whom to trust."""
    trusted = ssl.create_default_context(cafile=own.authority)
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=mesh.edge_url, headers=headers, verify=trusted, trust_env=False, timeout=30) as client:
        yield client
