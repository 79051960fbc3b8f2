"""What is applied is what Kubernetes, and what extends it there, has schemas for; no field is unknown."""

import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.deploy.rendering import MIGRATIONS, OVERLAYS, ROOT, one, rendered, text_of
from tests.deploy.schemas import FOLDER, invalid, need
from tests.fixtures.skips import missing
from tools.manifests.manifest import Document, read
from tools.manifests.schemas import schemas_of

pytestmark = pytest.mark.usefixtures("fetched")
NAME = "portfolio-service"


@pytest.fixture(scope="module")
def fetched() -> None:
    need()


@pytest.mark.parametrize("overlay", [*OVERLAYS, *MIGRATIONS])
def test_an_overlay_is_valid(overlay: str) -> None:
    assert invalid(rendered(overlay)) == []


def test_what_the_mesh_is_told_is_valid() -> None:
    for folder in (path.parent for path in (ROOT / "istio").glob("kustomization.yaml")):
        assert invalid(read(text_of(folder))) == []


def test_what_makes_a_cluster_is_valid_where_it_is_kubernetes_own() -> None:
    """Of every document it is known what it is: none is passed over."""
    kinds = {(each["apiVersion"], each["kind"]) for overlay in OVERLAYS for each in rendered(overlay)}
    assert len(kinds) > 15
    assert invalid([{"apiVersion": "apps/v9", "kind": "Deployment", "metadata": {"name": "x"}}]) == [
        "Deployment/x: apps/v9 has no such kind"
    ]


def spec(kind: str, name: str = NAME) -> Callable[[list[Document]], dict[str, Any]]:
    return lambda documents: one(documents, kind, name)["spec"]


MISTAKES: dict[str, tuple[Callable[[list[Document]], Any], str]] = {
    "replicas": (lambda d: spec("Deployment")(d).update(replicas="3"), f"Deployment/{NAME}: spec.replicas"),
    "unknown": (lambda d: spec("Deployment")(d).update(replica=3), "'replica' was unexpected"),
    "probe": (
        lambda d: spec("Deployment")(d)["template"]["spec"]["containers"][0]["readinessProbe"]["grpc"].pop("port"),
        "readinessProbe.grpc: 'port' is a required property",
    ),
    "budget": (lambda d: spec("PodDisruptionBudget")(d).update(minAvalable=1), "'minAvalable' was unexpected"),
    "policy": (lambda d: spec("NetworkPolicy")(d).update(ingres=[]), "'ingres' was unexpected"),
    "trigger": (lambda d: spec("ScaledObject")(d)["triggers"][0].update(value="1"), "'value' was unexpected"),
    "maximum": (lambda d: spec("ScaledObject")(d).update(maxReplicaCount="20"), "spec.maxReplicaCount"),
    "canary": (lambda d: spec("Rollout")(d)["strategy"]["canary"].update(step=[]), "'step' was unexpected"),
    "rule": (
        lambda d: spec("AnalysisTemplate", "calls-of-a-canary")(d)["metrics"][0].update(failureLimits=1),
        "'failureLimits' was unexpected",
    ),
    "certificate": (lambda d: spec("Certificate", "edge")(d).pop("secretName"), "'secretName' is a required property"),
    "secret": (lambda d: spec("ExternalSecret", "auth-keys")(d).update(refresh="1h"), "'refresh' was unexpected"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str) -> None:
    plant, said = MISTAKES[mistake]
    documents, valid = rendered("prod"), rendered("prod")
    plant(documents)
    found = invalid([document for document in documents if document not in valid])
    assert [fault for fault in found if said in fault], found


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hots": ["x"]}, "'hots' was unexpected"),
        ({"http": [{"retries": {"attempts": "3"}}]}, "spec.http.0.retries.attempts"),
        ({"http": [{"timeout": 5}]}, "spec.http.0.timeout"),
        ({"http": [{"retrys": {"attempts": 3}}]}, "'retrys' was unexpected"),
        ({"http": [{"fault": {"delay": {"fixedDelay": 5}}}]}, "spec.http.0.fault.delay.fixedDelay"),
    ],
)
def test_a_mistake_in_what_the_mesh_is_told_is_named(changed: dict[str, Any], said: str) -> None:
    route = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "r"}}
    assert invalid([{**route, "spec": {"hosts": ["x"]}}]) == []
    found = invalid([{**route, "spec": {"hosts": ["x"], **changed}}])
    assert [fault for fault in found if said in fault], found


@pytest.mark.component("kubeconform")
@pytest.mark.parametrize("overlay", [*OVERLAYS, *MIGRATIONS])
def test_kubeconform_agrees(overlay: str) -> None:
    done = kubeconform(text_of(ROOT / "deploy/overlays" / overlay))
    assert done.returncode == 0, done.stdout


@pytest.mark.component("kubeconform")
@pytest.mark.parametrize("mistake", ["replicas", "unknown", "trigger", "canary"])
def test_kubeconform_refuses_it_too(mistake: str) -> None:
    documents = rendered("prod")
    MISTAKES[mistake][0](documents)
    done = kubeconform(yaml.safe_dump_all([each for each in documents if each["kind"] != "ConfigMap"]))
    assert done.returncode == 1
    assert NAME in done.stdout


def kubeconform(text: str) -> "subprocess.CompletedProcess[str]":
    kubernetes = f"{FOLDER}/kubernetes/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    others = f"{FOLDER}/{{{{ .Group }}}}/{{{{ .ResourceKind }}}}_{{{{ .ResourceAPIVersion }}}}.json"
    program = shutil.which("kubeconform") or pytest.skip(missing("kubeconform"))
    command = [program, "-strict", "-schema-location", kubernetes, "-schema-location", others]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


def test_a_definition_becomes_strict_and_the_name_of_a_property_is_no_keyword() -> None:
    inner = {
        "type": "object",
        "properties": {"properties": {"type": "string"}, "port": {"x-kubernetes-int-or-string": True}},
    }
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"a": {"type": "string"}}}
    schema = {"type": "object", "properties": {"spec": {**inner, "properties": {**inner["properties"], "free": free}}}}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]
    definition = {"spec": {"group": "g", "names": {"kind": "K"}, "versions": versions}}
    ((name, made),) = schemas_of(yaml.safe_dump(definition))
    assert name == "g/k_v1"
    assert made["properties"]["spec"]["additionalProperties"] is False
    assert "additionalProperties" not in made["properties"]["spec"]["properties"]
    assert "additionalProperties" not in made["properties"]["spec"]["properties"]["free"]
    assert made["properties"]["spec"]["properties"]["port"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
