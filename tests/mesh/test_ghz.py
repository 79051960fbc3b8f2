"""Ops tooling: ghz, as tools/go.mod pins it, puts load on a method through the edge by the released descriptors."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.mesh.rest import User

DESCRIPTORS = Path(__file__).resolve().parents[2] / "gen" / "descriptors" / "qpo.binpb"
CALLS = 200


@pytest.mark.mesh
@pytest.mark.component("ghz")
def test_every_call_of_a_load_by_ghz_is_answered(mesh: Any, tmp_path: Path) -> None:
    ghz = shutil.which("ghz") or pytest.fail("no ghz")
    token = User(mesh.edge_url, mesh.edge_address).register().log_in()["access_token"]
    said = tmp_path / "metadata.json"  # an argument would show it to everybody on the machine
    said.write_text(json.dumps({"authorization": f"Bearer {token}"}))
    asked = [ghz, "--insecure", "--protoset", str(DESCRIPTORS), "--call", "qpo.auth.v1.AuthService/WhoAmI"]
    load = ["--metadata-file", str(said), "--total", str(CALLS), "--concurrency", "10", "--format", "json"]
    done = subprocess.run([*asked, *load, mesh.edge_address], capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(done.stdout)
    assert told["count"] == CALLS
    assert told["statusCodeDistribution"] == {"OK": CALLS}
