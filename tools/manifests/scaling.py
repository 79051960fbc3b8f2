"""Replicas, scalers and disruption budgets, together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tools.manifests.manifest import Document, key_of, name_of, of_kind, pods_in

_SCALERS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}
_Target = tuple[str, str, str]


def faults(documents: Sequence[Document]) -> Iterator[str]:
    """Everything that is wrong with how many there are."""
    there = {key_of(document): document for document in documents}
    owners: dict[_Target, Document] = {}
    for scaler in of_kind(documents, *_SCALERS):
        target = _target(scaler)
        yield from _of_a_scaler(scaler, there.get(target), owners.get(target))
        owners[target] = scaler
    for budget in of_kind(documents, "PodDisruptionBudget"):
        yield from _of_a_budget(budget, documents, owners)
    yield from _unguarded(documents)


def _target(scaler: Document) -> _Target:
    named = scaler["spec"]["scaleTargetRef"]
    return named.get("kind", "Deployment"), scaler["metadata"].get("namespace", ""), named["name"]


def _bounds(scaler: Document) -> tuple[int, int]:
    least, most = _SCALERS[scaler["kind"]]
    return scaler["spec"].get(least, 1), scaler["spec"][most]


def _of_a_scaler(scaler: Document, target: Document | None, other: Document | None) -> Iterator[str]:
    least, most = _bounds(scaler)
    if least > most:
        yield f"{name_of(scaler)} wants {least} at least and {most} at most"
    if other is not None:
        yield f"{name_of(scaler)} and {name_of(other)} scale the same workload"
    if target is None:
        yield f"{name_of(scaler)} scales what is not there: {scaler['spec']['scaleTargetRef']['name']}"
    elif "replicas" in target["spec"]:
        yield f"{name_of(target)} states its replicas, which {name_of(scaler)} decides"


def _of_a_budget(budget: Document, documents: Sequence[Document], owners: dict[_Target, Document]) -> Iterator[str]:
    spec, wanted = budget["spec"], budget["spec"]["selector"].get("matchLabels", {})
    guarded = [pods for pods in pods_in(documents) if wanted and wanted.items() <= pods.labels.items()]
    if not guarded:
        yield f"{name_of(budget)} guards nothing"
        return
    least = max(_least(pods.owner, documents, owners) for pods in guarded)
    if _forbids(spec, least):
        yield f"{name_of(budget)} lets no pod be moved, of {least}"


def _least(workload: Document, documents: Sequence[Document], owners: dict[_Target, Document]) -> int:
    """How many there are when there are fewest; a Rollout's pods are its Deployment's template."""
    rollouts = [
        one
        for one in of_kind(documents, "Rollout")
        if one["spec"].get("workloadRef", {}).get("name") == workload["metadata"]["name"]
    ]
    for one in (workload, *rollouts):
        if key_of(one) in owners:
            return _bounds(owners[key_of(one)])[0]
    return int(workload["spec"].get("replicas", 1))


def _forbids(spec: dict[str, Any], least: int) -> bool:
    if "maxUnavailable" in spec:
        return spec["maxUnavailable"] in (0, "0", "0%")
    wanted = spec.get("minAvailable", 0)
    if isinstance(wanted, str) and wanted.endswith("%"):
        # Rounded up, as Kubernetes does.
        return -(-int(wanted[:-1]) * least // 100) >= least
    return int(wanted) >= least


def _unguarded(documents: Sequence[Document]) -> Iterator[str]:
    budgets = [
        budget["spec"]["selector"].get("matchLabels", {}) for budget in of_kind(documents, "PodDisruptionBudget")
    ]
    for pods in pods_in(documents):
        if pods.owner["kind"] == "Deployment" and not any(
            one and one.items() <= pods.labels.items() for one in budgets
        ):
            yield f"{pods.name} has no disruption budget"
