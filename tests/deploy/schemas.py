"""Documents against the schemas that `make schemas` fetched."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.fixtures.skips import missing
from tools.manifests.manifest import Document, name_of
from tools.manifests.schemas import FOLDER


def need() -> None:
    """Skips by name where the schemas have not been fetched."""
    if not FOLDER.exists():
        pytest.skip(missing("schemas"))


def invalid(documents: list[Document]) -> list[str]:
    """What is not as the schemas have it, by document and place."""
    return [fault for document in documents for fault in _of_one(document)]


def _of_one(document: Document) -> Iterator[str]:
    group, _, version = document["apiVersion"].rpartition("/")
    validator = _validator(group, version, document["kind"].lower())
    if validator is None:
        yield f"{name_of(document)}: {document['apiVersion']} has no such kind"
        return
    for error in validator.iter_errors(document):
        place = ".".join(map(str, error.absolute_path))
        yield f"{name_of(document)}: {place}: {error.message}"


@functools.cache
def _validator(group: str, version: str, kind: str) -> Any:
    own = FOLDER / "kubernetes" / "-".join(filter(None, [kind, group.partition(".")[0], version]))
    for path in (own.with_name(f"{own.name}.json"), FOLDER / group / f"{kind}_{version}.json"):
        if path.exists():
            return jsonschema.Draft202012Validator(json.loads(path.read_text()), registry=_registry())
    return None


@functools.cache
def _registry() -> Registry[Any]:
    definitions = json.loads((FOLDER / "kubernetes/_definitions.json").read_text())
    return Registry().with_resource("_definitions.json", Resource.from_contents(definitions)).crawl()
