"""Documents of a rendering, and the pods and containers in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Document = dict[str, Any]
# Those that run until they are stopped.
LASTING = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")
_WITH_PODS = (*LASTING, "Job")


@dataclass(frozen=True, slots=True)
class Pods:
    """The template of a workload's pods."""

    owner: Document
    spec: dict[str, Any]
    labels: dict[str, str]

    @property
    def name(self) -> str:
        """`Kind/name` of the workload."""
        return name_of(self.owner)

    @property
    def lasts(self) -> bool:
        """Whether they run until they are stopped."""
        return self.owner["kind"] in LASTING

    def containers(self) -> list[dict[str, Any]]:
        """Those that stay."""
        return list(self.spec.get("containers", ()))

    def all_containers(self) -> list[dict[str, Any]]:
        """Those that come before them too."""
        return [*self.spec.get("initContainers", ()), *self.containers()]


def read(text: str) -> list[Document]:
    """The documents of a rendering."""
    # libyaml's, safe too: a rendering has megabytes.
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]


def name_of(document: Document) -> str:
    """`Kind/name`."""
    return f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"


def key_of(document: Document) -> tuple[str, str, str]:
    """Kind, namespace and name."""
    metadata = document.get("metadata", {})
    return str(document.get("kind")), str(metadata.get("namespace", "")), str(metadata.get("name"))


def of_kind(documents: Iterable[Document], *kinds: str) -> list[Document]:
    """The documents of these kinds."""
    return [document for document in documents if document.get("kind") in kinds]


def pods_in(documents: Iterable[Document]) -> Iterator[Pods]:
    """The templates of pods, of all workloads that have one."""
    for document in of_kind(documents, *_WITH_PODS):
        template = document["spec"].get("template")
        if template:
            yield Pods(document, template.get("spec", {}), template.get("metadata", {}).get("labels", {}))
