"""All that manifests must be: `kubectl kustomize FOLDER | python -m tools.manifests.policy` names what is wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from tools.manifests import pods, repeats, scaling, whole
from tools.manifests.manifest import Document, Pods, of_kind, pods_in, read

_DRAIN = re.compile(r"QPO_[A-Z]+_DRAIN_SECONDS")


def faults(documents: Sequence[Document]) -> list[str]:
    """Everything that is wrong, in sentences that name it."""
    drain = drain_seconds(documents)
    of_pods = [fault for one in pods_in(documents) for fault in pods.faults(one, drain if _is_ours(one) else 0.0)]
    return [*of_pods, *scaling.faults(documents), *whole.faults(documents), *repeats.faults(documents)]


def drain_seconds(documents: Sequence[Document]) -> float:
    """The longest that a service is told to drain for."""
    told = [
        float(value)
        for config in of_kind(documents, "ConfigMap")
        for name, value in config.get("data", {}).items()
        if _DRAIN.fullmatch(name)
    ]
    return max(told, default=0.0)


def _is_ours(one: Pods) -> bool:
    return one.labels.get("tier") == "service"


if __name__ == "__main__":
    found = faults(read(sys.stdin.read()))
    print("\n".join(found))
    sys.exit(bool(found))
