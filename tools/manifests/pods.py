"""What a pod must and must not be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tools.manifests.manifest import Pods

_TELLING = re.compile(
    r"PASSW(OR)?D|REQUIREPASS|SECRET(?!S_DIR)|TOKEN(?!_KEY_FILE|_URL)|CREDENTIAL|(?<!PAGE_TOKEN)_KEY$|PRIVATE",
    re.IGNORECASE,
)
# Names of keys, not keys: where in a key management service, or in which file.
_NAMES_ONE = re.compile(r"KMS_KEY$|_FILE$|_DIR$", re.IGNORECASE)
_URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]{0,100}:[^/\s@]+@")
# Of a command line: an option's value, or a variable's.
_ASSIGNED = re.compile(r"([A-Za-z_][\w-]*)=(.+)")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
# Seconds that ending takes besides: the last answers, events, spans.
_AFTERWARDS = 10


def faults(pods: Pods, drain_seconds: float) -> Iterator[str]:
    """Everything that is wrong with them; `drain_seconds` is what the program itself takes to end."""
    yield from _of_the_pod(pods)
    for container in pods.all_containers():
        said = f"{pods.name}: container {container['name']}"
        yield from (f"{said} {fault}" for fault in _of_a_container(container))
    for container in pods.containers() if pods.lasts else ():
        said = f"{pods.name}: container {container['name']}"
        yield from (f"{said} has no {probe}" for probe in _PROBES if probe not in container)
        asleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        grace = pods.spec.get("terminationGracePeriodSeconds", 30)
        if grace < asleep + drain_seconds + _AFTERWARDS:
            yield f"{said} is killed after {grace} s: it sleeps {asleep} s, and then drains {drain_seconds} s"


def _of_the_pod(pods: Pods) -> Iterator[str]:
    spec = pods.spec
    context = spec.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("runAsUser", 0) == 0:
        yield f"{pods.name} may run as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield f"{pods.name} has no seccomp profile"
    if spec.get("automountServiceAccountToken") is not False:
        yield f"{pods.name} is given a token for Kubernetes"
    for host in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(host):
            yield f"{pods.name} shares {host} with its node"
    for volume in spec.get("volumes", ()):
        if "hostPath" in volume:
            yield f"{pods.name} mounts a folder of its node"


def _of_a_container(container: dict[str, Any]) -> Iterator[str]:
    yield from _of_its_image(str(container.get("image", "")))
    context = container.get("securityContext", {})
    if context.get("privileged"):
        yield "is privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may become another user"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "may write to its image's file system"
    if context.get("capabilities", {}).get("drop") != ["ALL"] or context.get("capabilities", {}).get("add"):
        yield "has capabilities"
    if context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
        yield "may run as root"
    for bound in ("requests", "limits"):
        if missing := {"cpu", "memory"} - set(container.get("resources", {}).get(bound, ())):
            yield f"states no {bound} of {' and '.join(sorted(missing))}"
    yield from _of_what_it_is_told(container)


def _of_its_image(image: str) -> Iterator[str]:
    name = image.rpartition("/")[2]
    tag = name.partition("@")[0].partition(":")[2]
    if "@sha256:" not in name and tag in {"", "latest"}:
        yield f"runs an image that may be another tomorrow: {image or 'none'}"


def _of_what_it_is_told(container: dict[str, Any]) -> Iterator[str]:
    """Secrets are files: an environment is read by whatever runs beside, and printed; a command line by everybody."""
    for variable in container.get("env", ()):
        if "value" in variable and is_secret(variable["name"], str(variable["value"])):
            yield f"is told a secret in the clear: {variable['name']}"
        if "secretKeyRef" in variable.get("valueFrom", {}):
            yield f"is told a secret in its environment: {variable['name']}"
    for source in container.get("envFrom", ()):
        if "secretRef" in source:
            yield f"is told a secret in its environment: all of {source['secretRef']['name']}"
    line = " ".join(map(str, (*container.get("command", ()), *container.get("args", ()))))
    yield from (
        f"is told a secret by its command line: {name}" for name, value in _given(line) if is_secret(name, value)
    )


def _given(line: str) -> Iterator[tuple[str, str]]:
    """What a command line says of what, in options, assignments and urls."""
    words = [word.strip("'\"") for word in line.split()]
    for word, after in pairwise([*words, ""]):
        if assigned := _ASSIGNED.search(word):
            name, value = assigned.groups()
        elif word.startswith("-"):
            name, value = word.lstrip("-"), after
        else:
            name, value = "a url", word
        value = value.strip("'\"")
        # What a shell takes from a file or from its environment stands elsewhere; and no value is an option.
        if not value.startswith(("$", "-")):
            yield name.replace("-", "_"), value


def is_secret(name: str, value: str) -> bool:
    """Whether a variable of this name and value is a secret in the clear."""
    telling = bool(_TELLING.search(name)) and not _NAMES_ONE.search(name)
    return bool(value) and (telling or bool(_URL_WITH_PASSWORD.search(value)))
