"""Each manifest is what Istio's own schemas allow: no field that they do not name, no value of another type."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.fixtures.skips import missing
from tests.istio.test_manifests import FILES, documents
from tools.mesh.__main__ import ROOT
from tools.mesh.names import Manifest

SCHEMAS = ROOT.parent / ".cache" / "istio" / "schemas.yaml"
OURS = [path for path in FILES if path.name != "install.yaml"]


@cache
def validators() -> dict[tuple[str, str], Draft202012Validator]:
    """By apiVersion and kind."""
    if not SCHEMAS.exists():
        pytest.skip(missing("istio-schemas"))
    made = {}
    for definition in documents(SCHEMAS):
        spec = definition["spec"]
        for version in spec["versions"]:
            key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
            made[key] = Draft202012Validator(closed(version["schema"]["openAPIV3Schema"]))
    return made


def closed(schema: Any) -> Any:
    """The same schema, that allows no field which it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        inner.setdefault("additionalProperties", schema.get("x-kubernetes-preserve-unknown-fields", False))
    return inner


def wrong(manifest: Manifest) -> list[str]:
    """What a manifest has wrong."""
    validator = validators()[manifest["apiVersion"], manifest["kind"]]
    told = {key: value for key, value in manifest.items() if key in ("spec",)}
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(told)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_manifest_is_what_the_schemas_of_istio_allow(path: Path):
    assert [problem for each in documents(path) for problem in wrong(each)] == []


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"hosts": ["a"], "http": [{"retries": {"attempts": "three"}}]}, "attempts"),
        ({"hosts": ["a"], "http": [{"retrys": {"attempts": 3}}]}, "retrys"),
        ({"hosts": ["a"], "http": [{"fault": {"delay": {"fixedDelay": 5}}}]}, "fixedDelay"),
    ],
)
def test_a_planted_mistake_is_found(spec, problem):
    planted = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "spec": spec}
    assert any(problem in each for each in wrong(planted))


def test_the_planted_mistakes_are_in_what_is_allowed_otherwise():
    plain = {"hosts": ["a"], "http": [{"retries": {"attempts": 3}, "fault": {"delay": {"fixedDelay": "5s"}}}]}
    assert wrong({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "spec": plain}) == []
