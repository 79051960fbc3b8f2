"""What refers to what, what is too large, and what must not stand in a manifest at all."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from tools.manifests.manifest import Document, Pods, key_of, name_of, of_kind, pods_in
from tools.manifests.pods import is_secret

_LARGEST = 1 << 20  # bytes of a ConfigMap


def faults(documents: Sequence[Document]) -> Iterator[str]:
    """Everything that is wrong with the documents as a whole."""
    keys = [key_of(document) for document in documents]
    yield from (
        f"{kind}/{name} is there twice" for kind, _, name in sorted({key for key in keys if keys.count(key) > 1})
    )
    yield from _secrets(documents)
    for document in of_kind(documents, "ConfigMap"):
        if _size(document) > _LARGEST:
            yield f"{name_of(document)} is larger than a ConfigMap may be"
    for pods in pods_in(documents):
        yield from _missing(pods, set(keys))
    yield from _deaf(documents)


def _secrets(documents: Sequence[Document]) -> Iterator[str]:
    for document in of_kind(documents, "Secret"):
        if document.get("data") or document.get("stringData"):
            yield f"{name_of(document)} holds a secret's value"
    for document in of_kind(documents, "ConfigMap"):
        for name, value in document.get("data", {}).items():
            if is_secret(name, str(value)):
                yield f"{name_of(document)} holds a secret's value: {name}"


def _size(config: Document) -> int:
    texts = sum(len(str(text).encode()) for text in config.get("data", {}).values())
    return texts + sum(len(base64.b64decode(data)) for data in config.get("binaryData", {}).values())


def _missing(pods: Pods, keys: set[tuple[str, str, str]]) -> Iterator[str]:
    """Whom and what a pod names that is not there; secrets come from elsewhere."""
    namespace = pods.owner["metadata"].get("namespace", "")
    wanted = [("ServiceAccount", pods.spec["serviceAccountName"])] if "serviceAccountName" in pods.spec else []
    for volume in pods.spec.get("volumes", ()):
        if "configMap" in volume:
            wanted.append(("ConfigMap", volume["configMap"]["name"]))
        if "persistentVolumeClaim" in volume:
            wanted.append(("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]))
    for container in pods.all_containers():
        wanted += [
            ("ConfigMap", one["configMapRef"]["name"]) for one in container.get("envFrom", ()) if "configMapRef" in one
        ]
    for kind, name in wanted:
        if (kind, namespace, name) not in keys:
            yield f"{pods.name} names {kind}/{name}, which is not there"


def _deaf(documents: Sequence[Document]) -> Iterator[str]:
    """Services that lead to no pod, or to a port that their pods do not have."""
    for service in of_kind(documents, "Service"):
        selector = service["spec"].get("selector", {})
        led = [pods for pods in pods_in(documents) if selector and selector.items() <= pods.labels.items()]
        if not led:
            yield f"{name_of(service)} leads to no pod"
        named = {
            port.get("name") for pods in led for container in pods.containers() for port in container.get("ports", ())
        }
        for port in service["spec"]["ports"]:
            if led and port.get("targetPort") not in named:
                yield f"{name_of(service)} leads to a port that its pods do not have: {port.get('targetPort')}"
