"""Which calls a route of the mesh may repeat: those alone whose contract says that they may come twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2

from tools.manifests.manifest import Document, name_of, of_kind

_DESCRIPTORS = Path(__file__).resolve().parents[2] / "gen/descriptors/qpo.binpb"
_ONCE = descriptor_pb2.MethodOptions.IDEMPOTENCY_UNKNOWN
# What happens before a call can have begun: then it may go elsewhere, whatever it is.
_NOT_BEGUN = {"connect-failure", "refused-stream", "reset-before-request"}


def faults(documents: Sequence[Document]) -> Iterator[str]:
    """Every route that repeats what may come once only, or leaves it to Istio's defaults to do so."""
    methods = once_only()
    for service in of_kind(documents, "VirtualService"):
        hosts = {str(host).partition(".")[0].removesuffix("-service") for host in service["spec"].get("hosts", ())}
        paths = [path for host in hosts for path in methods.get(host, ())]
        for route in service["spec"].get("http", ()):
            said = f"{name_of(service)}: route {route.get('name', '?')}"
            if "retries" not in route and "directResponse" not in route and "redirect" not in route:
                yield f"{said} states no retries, so that Istio's default repeats calls"
            elif repeated := [path for path in paths if _takes(route, path)] if _repeats(route) else []:
                yield f"{said} repeats what may come once only: {', '.join(repeated)}"


def once_only(descriptors: Path = _DESCRIPTORS) -> Mapping[str, list[str]]:
    """Of each service the paths of its methods that may not be repeated."""
    found: dict[str, list[str]] = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors.read_bytes()).file:
        for service in file.service if file.package.startswith("qpo.") else ():
            for method in service.method:
                if method.options.idempotency_level == _ONCE:
                    path = f"/{file.package}.{service.name}/{method.name}"
                    found.setdefault(file.package.split(".")[1], []).append(path)
    return found


def _repeats(route: Mapping[str, Any]) -> bool:
    retries = route.get("retries", {})
    causes = {cause.strip() for cause in str(retries.get("retryOn", "anything")).split(",")}
    return bool(retries.get("attempts", 0)) and not causes <= _NOT_BEGUN


def _takes(route: Mapping[str, Any], path: str) -> bool:
    """Whether a call of a method can come to this route; headers may be as they like."""
    matches = route.get("match")
    return not matches or any(_matches(match.get("uri"), path) for match in matches)


def _matches(uri: Mapping[str, str] | None, path: str) -> bool:
    if uri is None:
        return True
    if "exact" in uri:
        return path == uri["exact"]
    if "prefix" in uri:
        return path.startswith(uri["prefix"])
    return re.fullmatch(uri["regex"], path) is not None
