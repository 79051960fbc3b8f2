"""Each manifest is what Istio's own schemas allow: no field that they do not name, no value of another type."""

from pathlib import Path

import pytest

from tests.deploy.schemas import invalid, need
from tests.istio.test_manifests import FILES, documents
from tools.manifests.schemas import MODULES
from tools.mesh.__main__ import ROOT

# What istioctl reads is no resource of a cluster.
OURS = [path for path in FILES if path.name != "install.yaml"]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_manifest_is_what_the_schemas_of_istio_allow(path: Path):
    need()
    assert invalid(documents(path)) == []


def test_the_schemas_are_those_of_the_control_plane_that_the_mesh_is_tested_with():
    (api,) = [module for module in MODULES if module.path == "istio.io/api"]
    sums = (ROOT.parent / "tools" / "istio" / "go.sum").read_text().splitlines()
    assert f"{api.path} {api.version} {api.sum}" in sums
    assert f"{api.path} {api.version} // indirect" in (ROOT.parent / "tools" / "istio" / "go.mod").read_text()
