"""What an image holds, as `make sbom` writes it down: the lock of that image, to the last hash."""

import json
import re
from typing import Any

import pytest

from tests.deploy.rendering import ROOT
from tests.fixtures.skips import missing
from tools.image_lock import image_lock

WRITTEN = ROOT / "out/sbom/ml.cdx.json"


@pytest.fixture(scope="module")
def sbom() -> dict[str, Any]:
    if not WRITTEN.exists():
        pytest.skip(missing("sbom"))
    return json.loads(WRITTEN.read_text(encoding="utf-8"))


def hashes(component: dict[str, Any]) -> set[str]:
    return {each["content"] for reference in component["externalReferences"] for each in reference["hashes"]}


def test_it_names_every_package_of_the_image_with_its_version_and_hashes(sbom: dict[str, Any]) -> None:
    entries = re.split(r"^(?=[a-z0-9])", image_lock("ml"), flags=re.MULTILINE)[1:]
    wanted = {}
    for entry in entries:
        name, version = re.match(r"([\w.-]+)==([^\s;]+)", entry).groups()
        wanted[name, version] = set(re.findall(r"sha256:(\w+)", entry))
    told = {(each["name"], each["version"]): hashes(each) for each in sbom["components"]}
    assert len(wanted) > 20
    assert told == wanted


def test_it_is_cyclonedx_and_says_whose_it_is(sbom: dict[str, Any]) -> None:
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    assert sbom["metadata"]["component"]["name"] == "qpo"
