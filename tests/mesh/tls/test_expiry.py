"""Certificates that count for 36 s, for long enough that all of the first ones have expired twice over."""

import ssl
import time

import httpx
import pytest

from stack.events import State
from stack.identities import EDGE
from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.fixtures.certificates import Certificates
from tests.mesh.rest import PASSWORD, SYMBOLS, closes
from tests.mesh.test_qpo import Terminal

SECONDS = 100


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_no_call_fails_while_certificates_expire_and_are_renewed(tmp_path):
    settings = MeshSettings(
        state_dir=tmp_path / "state", free_ports=True, durable=False, optimizer_workers=1, tls=True, tls_hours=0.01
    )
    with Mesh(settings) as mesh:
        own = Certificates(mesh.layout.secrets("tls"))
        (tmp_path / "closes.csv").write_bytes(closes())
        qpo = Terminal(tmp_path, QPO_STACK_STATE_DIR=str(mesh.layout.root))
        qpo("register", "ada@example.com")
        qpo("prices", "import", "closes.csv", "--dataset", "mine")
        made = qpo.json("portfolio", "create", "Mine", "--dataset", "mine", "--cash", "100000", "--lookback", "252")
        path, first = f"/api/v1/portfolios/{made['portfolio']['id']}", own.identity(EDGE).file.read_bytes()
        trusted = ssl.create_default_context(cafile=own.authority)
        door = {"base_url": mesh.edge_url, "verify": trusted, "trust_env": False, "timeout": 30}
        with httpx.Client(**door) as client:
            answer = client.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
            headers = {"authorization": f"Bearer {answer.json()['tokens']['access_token']}"}
            body = {"dataset": {"dataset": "mine", "symbols": list(SYMBOLS)}}
            codes, seen, end = [], {first}, time.monotonic() + SECONDS
            while time.monotonic() < end:
                codes.append(client.post("/api/v1/moments", headers=headers, json=body).status_code)
                codes.append(client.post(f"{path}/rebalance", headers=headers, json={}).status_code)
                # One who comes anew.
                codes.append(
                    httpx.get(f"{mesh.edge_url}{path}", headers=headers, verify=trusted, trust_env=False).status_code
                )
                seen.add(own.identity(EDGE).file.read_bytes())
        assert set(codes) == {200}
        assert len(seen) >= 4
        assert {part.restarts for part in mesh.parts()} == {0}
        assert {part.state for part in mesh.parts()} == {State.READY}
