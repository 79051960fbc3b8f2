"""A pod is told everything that its service needs, and the addresses in it lead somewhere."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from chassis.settings import SECRETS_DIR, load
from stack.addresses import SERVICES
from stack.services import PEERS, WITH_SCHEMA
from tests.deploy.rendering import OVERLAYS, ROOT, one, rendered
from tools.manifests.manifest import Document
from tools.pod_secrets import PLACES, installation

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def told(documents: list[Document], service: str) -> dict[str, str]:
    """A pod's environment: the image's, the settings', its own."""
    container = one(documents, "Deployment", f"{service}-service")["spec"]["template"]["spec"]["containers"][0]
    named = [source["configMapRef"]["name"] for source in container["envFrom"]]
    environment = dict(re.findall(r"(QPO_\w+)=(\S+)", DOCKERFILE))
    for name in named:
        environment |= one(documents, "ConfigMap", name)["data"]
    return environment | {one["name"]: one["value"] for one in container.get("env", ())}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Loads a service's settings as in a pod of an overlay, its secrets in files."""

    def settings(overlay: str, service: str) -> Any:
        for name, content in installation(*PLACES["kind"])[f"{service}-secrets"].items():
            (tmp_path / name).write_bytes(content)
        for name, value in told(rendered(overlay), service).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(SECRETS_DIR, str(tmp_path))
        module = importlib.import_module(f"services.{service}.settings")
        return load(next(getattr(module, name) for name in dir(module) if name.lower() == f"{service}settings"))

    return settings


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_is_told_what_its_service_needs(loaded: Any, overlay: str, service: str) -> None:
    settings = loaded(overlay, service)
    assert (settings.host, settings.port, settings.metrics_port) == (".".join("0000"), 8000, 9090)
    assert settings.auth_address == "auth-service:8000"
    for peer in PEERS[service]:
        assert getattr(settings, f"{peer}_address") == f"{peer}-service:8000"
    if service in WITH_SCHEMA:
        assert settings.migration_url is None, "schemas are migrated by Jobs"


@pytest.mark.parametrize("service", ["auth", "portfolio"])
def test_in_production_keys_of_tenants_are_wrapped_by_a_key_management_service(loaded: Any, service: str) -> None:
    settings = loaded("prod", service)
    assert settings.production
    assert settings.kms_key
    assert settings.keyring_file is None


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_setting_is_of_nobody(overlay: str) -> None:
    """A misspelled variable is a setting that is not set."""
    fields = {
        f"QPO_{service.upper()}_{field.upper()}"
        for service in SERVICES
        for field in _settings_class(service).model_fields
    }
    documents = rendered(overlay)
    table = next(each for each in documents if each["metadata"]["name"].startswith("settings-"))["data"]
    assert set(table) - fields == {SECRETS_DIR} | ({"AWS_DEFAULT_REGION"} if overlay == "prod" else set())


def _settings_class(service: str) -> Any:
    module = importlib.import_module(f"services.{service}.settings")
    return next(getattr(module, name) for name in dir(module) if name.lower() == f"{service}settings")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_paths_in_the_settings_are_mounted(overlay: str) -> None:
    documents = rendered(overlay)
    for service in SERVICES:
        container = one(documents, "Deployment", f"{service}-service")["spec"]["template"]["spec"]["containers"][0]
        mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
        for name, value in told(documents, service).items():
            if name.startswith(f"QPO_{service.upper()}_") and value.startswith("/"):
                assert any(value == one or value.startswith(f"{one}/") for one in mounted), f"{name}={value}"
        assert told(documents, service)[SECRETS_DIR] in mounted
