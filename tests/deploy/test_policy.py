"""What the overlays must be, and that each mistake that could be made in them is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from stack.addresses import SERVICES
from tests.deploy.rendering import MIGRATIONS, OVERLAYS, ROOT, one, rendered, text_of
from tools.manifests.manifest import Document, read
from tools.manifests.policy import faults

Plant = Callable[[list[Document]], Any]
NAME = "portfolio-service"


@pytest.mark.parametrize("overlay", [*OVERLAYS, *MIGRATIONS])
def test_nothing_is_wrong_with_what_is_applied(overlay: str) -> None:
    assert faults(rendered(overlay)) == []


def test_nothing_is_wrong_with_what_the_mesh_is_told() -> None:
    for folder in (ROOT / "istio",):
        if (folder / "kustomization.yaml").exists():
            assert faults(read(text_of(folder))) == []


def pod(documents: list[Document]) -> dict[str, Any]:
    return one(documents, "Deployment", NAME)["spec"]["template"]["spec"]


def container(documents: list[Document]) -> dict[str, Any]:
    return pod(documents)["containers"][0]


def spec(kind: str, name: str = NAME) -> Callable[[list[Document]], dict[str, Any]]:
    return lambda documents: one(documents, kind, name)["spec"]


MISTAKES: dict[str, tuple[Plant, str]] = {
    "latest": (
        lambda d: container(d).update(image="qpo-portfolio:latest"),
        "runs an image that may be another tomorrow",
    ),
    "untagged": (lambda d: container(d).update(image="host:5000/qpo-portfolio"), "runs an image that may be another"),
    "privileged": (lambda d: container(d)["securityContext"].update(privileged=True), "is privileged"),
    "escalation": (
        lambda d: container(d)["securityContext"].pop("allowPrivilegeEscalation"),
        "may become another user",
    ),
    "writable": (lambda d: container(d)["securityContext"].pop("readOnlyRootFilesystem"), "may write to its image's"),
    "capability": (
        lambda d: container(d)["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
        "has capabilities",
    ),
    "no limits": (lambda d: container(d)["resources"].pop("limits"), "states no limits of cpu and memory"),
    "no memory": (lambda d: container(d)["resources"]["requests"].pop("memory"), "states no requests of memory"),
    "root": (lambda d: pod(d)["securityContext"].update(runAsUser=0), "may run as root"),
    "root container": (lambda d: container(d)["securityContext"].update(runAsUser=0), "may run as root"),
    "perhaps root": (lambda d: pod(d)["securityContext"].pop("runAsNonRoot"), "may run as root"),
    "no seccomp": (lambda d: pod(d)["securityContext"].pop("seccompProfile"), "has no seccomp profile"),
    "token": (lambda d: pod(d).pop("automountServiceAccountToken"), "is given a token for Kubernetes"),
    "host network": (lambda d: pod(d).update(hostNetwork=True), "shares hostNetwork with its node"),
    "host path": (
        lambda d: pod(d)["volumes"].append({"name": "n", "hostPath": {"path": "/"}}),
        "mounts a folder of its node",
    ),
    "no readiness": (lambda d: container(d).pop("readinessProbe"), "has no readinessProbe"),
    "no liveness": (lambda d: container(d).pop("livenessProbe"), "has no livenessProbe"),
    "no startup": (lambda d: container(d).pop("startupProbe"), "has no startupProbe"),
    "short grace": (lambda d: pod(d).update(terminationGracePeriodSeconds=30), "is killed after 30 s"),
    "secret in env": (
        lambda d: container(d).update(env=[{"name": "PGPASSWORD", "value": "x"}]),
        "is told a secret in the clear: PGPASSWORD",
    ),
    "password in url": (
        lambda d: container(d).update(env=[{"name": "QPO_X", "value": "postgresql://me:x@host/db"}]),
        "is told a secret in the clear: QPO_X",
    ),
    "secret from a Secret in env": (
        lambda d: container(d).update(
            env=[{"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": "postgres", "key": "password"}}}]
        ),
        "is told a secret in its environment: PGPASSWORD",
    ),
    "whole Secret in env": (
        lambda d: container(d)["envFrom"].append({"secretRef": {"name": "portfolio-secrets"}}),
        "is told a secret in its environment: all of portfolio-secrets",
    ),
    "password as an argument": (
        lambda d: container(d).update(args=["--redis-password", "x"]),
        "is told a secret by its command line: redis_password",
    ),
    "password in an argument": (
        lambda d: container(d).update(args=["--token=x"]),
        "is told a secret by its command line: token",
    ),
    "password in a command": (
        lambda d: container(d).update(command=["sh", "-c", "PGPASSWORD='x' exec psql"]),
        "is told a secret by its command line: PGPASSWORD",
    ),
    "password in a server's options": (
        lambda d: container(d).update(command=["sh", "-c", "exec redis-server --requirepass x"]),
        "is told a secret by its command line: requirepass",
    ),
    "password in an argument's url": (
        lambda d: container(d).update(args=["postgresql://me:x@host/db"]),
        "is told a secret by its command line: a url",
    ),
    "secret in settings": (
        lambda d: next(c for c in d if c["kind"] == "ConfigMap" and c["metadata"]["name"].startswith("settings"))[
            "data"
        ].update(QPO_PORTFOLIO_DATABASE_URL="postgresql://qpo_portfolio:x@host/qpo"),
        "holds a secret's value: QPO_PORTFOLIO_DATABASE_URL",
    ),
    "secret": (
        lambda d: d.append({"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}),
        "Secret/s holds a secret's value",
    ),
    "large": (
        lambda d: d.append({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b" * (1 << 20) + "b"}}),
        "ConfigMap/c is larger than a ConfigMap may be",
    ),
    "all must stay": (lambda d: spec("PodDisruptionBudget")(d).update(minAvailable=3), "lets no pod be moved, of 3"),
    "all of them must": (
        lambda d: spec("PodDisruptionBudget")(d).update(minAvailable="67%"),
        "lets no pod be moved, of 3",
    ),
    "none may go": (
        lambda d: spec("PodDisruptionBudget", "ml-service")(d).update(maxUnavailable=0),
        "PodDisruptionBudget/ml-service lets no pod be moved",
    ),
    "no budget": (
        lambda d: d.remove(one(d, "PodDisruptionBudget", NAME)),
        f"Deployment/{NAME} has no disruption budget",
    ),
    "no such config": (
        lambda d: container(d).update(envFrom=[{"configMapRef": {"name": "gone"}}]),
        "names ConfigMap/gone, which is not there",
    ),
    "no such account": (lambda d: pod(d).update(serviceAccountName="gone"), "names ServiceAccount/gone"),
    "service of nobody": (
        lambda d: spec("Service")(d).update(selector={"app": "x"}),
        f"Service/{NAME} leads to no pod",
    ),
    "no such port": (
        lambda d: spec("Service")(d)["ports"][0].update(targetPort="rpc"),
        "leads to a port that its pods do not have: rpc",
    ),
    "twice": (lambda d: d.append(copy.deepcopy(one(d, "Service", NAME))), f"Service/{NAME} is there twice"),
}


@pytest.mark.parametrize(
    "words",
    [
        ["--password-file", "/run/secrets/p"],
        ["sh", "-c", 'PGPASSWORD="$(cat /run/p)" exec psql'],
        ["--token", "--quiet"],
    ],
)
def test_where_a_secret_lies_is_none(words: list[str]) -> None:
    documents = rendered("kind")
    container(documents).update(args=words)
    assert faults(documents) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(overlay: str, mistake: str) -> None:
    plant, said = MISTAKES[mistake]
    documents = rendered(overlay)
    plant(documents)
    found = faults(documents)
    assert [fault for fault in found if said in fault], found
    assert len(found) == 1, "and nothing else is"


SCALERS = {"kind": ("HorizontalPodAutoscaler", "minReplicas"), "prod": ("ScaledObject", "minReplicaCount")}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_scaler_with_more_at_least_than_at_most_is_named(overlay: str) -> None:
    kind, least = SCALERS[overlay]
    documents = rendered(overlay)
    spec = one(documents, kind, NAME)["spec"]
    most = spec[least.replace("min", "max")]
    spec[least] = most + 1
    assert f"{kind}/{NAME} wants {most + 1} at least and {most} at most" in faults(documents)


def test_two_scalers_of_one_workload_are_named() -> None:
    documents = rendered("prod")
    scaler = one(rendered("kind"), "HorizontalPodAutoscaler", NAME)
    scaler["spec"]["scaleTargetRef"] = one(documents, "ScaledObject", NAME)["spec"]["scaleTargetRef"]
    assert f"HorizontalPodAutoscaler/{NAME} and ScaledObject/{NAME} scale the same workload" in "\n".join(
        faults([*documents, scaler])
    ) or f"ScaledObject/{NAME} and HorizontalPodAutoscaler/{NAME} scale the same workload" in faults(
        [scaler, *documents]
    )


def test_replicas_that_are_stated_beside_a_scaler_are_named() -> None:
    documents = rendered("kind")
    one(documents, "Deployment", NAME)["spec"]["replicas"] = 3
    assert faults(documents) == [f"Deployment/{NAME} states its replicas, which HorizontalPodAutoscaler/{NAME} decides"]


def test_a_scaler_of_what_is_not_there_is_named() -> None:
    documents = rendered("prod")
    documents.remove(one(documents, "Rollout", "ml-service"))
    assert "ScaledObject/ml-service scales what is not there: ml-service" in faults(documents)


def route(match: list[dict[str, Any]] | None, retries: dict[str, Any] | None, host: str = NAME) -> Document:
    http: dict[str, Any] = {"name": "r", "route": [{"destination": {"host": host}}]}
    http |= {"match": match} if match else {}
    http |= {"retries": retries} if retries is not None else {}
    return {"kind": "VirtualService", "metadata": {"name": host}, "spec": {"hosts": [host], "http": [http]}}


METHOD = "/qpo.portfolio.v1.PortfolioService/"
ANYTHING = {"attempts": 3, "perTryTimeout": "2s", "retryOn": "unavailable,reset"}


@pytest.mark.parametrize(
    "match",
    [
        None,
        [{"uri": {"exact": f"{METHOD}CreatePortfolio"}}],
        [{"uri": {"prefix": METHOD}}],
        [{"uri": {"regex": r"/qpo\.portfolio\.v1\.PortfolioService/(Get|Create)Portfolio"}}],
        [{"uri": {"exact": f"{METHOD}GetPortfolio"}}, {"uri": {"exact": f"{METHOD}CreatePortfolio"}}],
        [{"headers": {"version": {"exact": "v2"}}}],
    ],
    ids=str,
)
def test_a_route_that_repeats_what_may_come_once_only_is_named(match: list[dict[str, Any]] | None) -> None:
    (found,) = faults([route(match, ANYTHING)])
    assert found.startswith(f"VirtualService/{NAME}: route r repeats what may come once only")
    assert f"{METHOD}CreatePortfolio" in found
    assert "GetPortfolio" not in found


@pytest.mark.parametrize(
    ("match", "retries"),
    [
        ([{"uri": {"exact": f"{METHOD}GetPortfolio"}}], ANYTHING),
        ([{"uri": {"regex": r"/qpo\.portfolio\.v1\.PortfolioService/(Get|List)[A-Za-z]+"}}], ANYTHING),
        (None, {"attempts": 0}),
        (None, {"attempts": 2, "retryOn": "connect-failure,refused-stream"}),
    ],
)
def test_a_route_that_repeats_what_may_be_repeated_is_not(match: Any, retries: Any) -> None:
    assert faults([route(match, retries)]) == []


def test_a_route_that_leaves_repeats_to_istio_is_named() -> None:
    said = f"VirtualService/{NAME}: route r states no retries, so that Istio's default repeats calls"
    assert faults([route(None, None)]) == [said]


def test_every_service_has_methods_that_may_come_once_only_but_ml() -> None:
    from tools.manifests.repeats import once_only

    assert set(once_only()) >= set(SERVICES) - {"ml"}


def test_a_file_in_the_folder_is_used_by_some_kustomization() -> None:
    """What nobody applies is no manifest but a note."""
    for folder in {path.parent for path in (ROOT / "deploy").rglob("kustomization.yaml")}:
        text = (folder / "kustomization.yaml").read_text()
        named = {path.name for path in folder.glob("*.*") if path.name != "kustomization.yaml"}
        assert {name for name in named if name not in text} == set(), folder


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_certificate_is_signed_by_an_issuer_that_is_there_and_may_use_the_role_that_it_needs(overlay: str) -> None:
    documents = rendered(overlay)
    named = one(documents, "Certificate", "edge")["spec"]["issuerRef"]
    issuer = one(documents, named["kind"], named["name"])
    for solver in issuer["spec"].get("acme", {}).get("solvers", ()):
        # cert-manager's own role is for issuers of the cluster alone, unless it is told otherwise.
        assert "auth" in solver["dns01"]["route53"] or issuer["kind"] == "ClusterIssuer"
