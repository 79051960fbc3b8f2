"""The Compose file for one machine: what its schema says, and what containers must be here too."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stack.addresses import SERVICES
from stack.services import WITH_SCHEMA
from tests.deploy.rendering import DEPLOY, ROOT, one, rendered
from tests.deploy.schemas import FOLDER, need
from tools.manifests.pods import is_secret
from tools.pod_secrets import KEPT, PLACES, REDIS_CONF, installation, main

TEXT = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    return yaml.safe_load(TEXT)


def invalid(document: dict[str, Any]) -> list[str]:
    need()
    schema = json.loads((FOLDER / "compose.json").read_text())
    return [error.message for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(document)]


def test_it_is_valid() -> None:
    assert invalid(compose()) == []


def test_a_mistake_is_named() -> None:
    document = compose()
    document["services"]["edge"]["read_onyl"] = True
    assert ["read_onyl" in message for message in invalid(document)] == [True]


def test_every_service_is_there_and_every_schema_is_migrated_before() -> None:
    services = compose()["services"]
    assert {f"{name}-service" for name in SERVICES} | {"edge", "postgres", "redis"} <= set(services)
    for name in WITH_SCHEMA:
        waited = services[f"{name}-service"]["depends_on"][f"{name}-migration"]
        assert waited == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_a_container_may_do_little(name: str) -> None:
    container = compose()["services"][name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["user"].startswith("${QPO_UID:?")
    assert container["mem_limit"]
    assert container["cpus"]
    assert "privileged" not in container
    assert container["image"].partition(":")[2] not in {"", "latest"}
    assert not [key for key, value in (container.get("environment") or {}).items() if is_secret(key, str(value))]


def test_this_machine_alone_reaches_the_edge_and_nobody_reaches_what_is_behind_it() -> None:
    published = {name: each["ports"] for name, each in compose()["services"].items() if "ports" in each}
    assert published == {"edge": ["127.0.0.1:8080:8080"]}


def test_every_file_that_is_mounted_is_there_or_made_with_the_secrets() -> None:
    made = {*installation(*PLACES["compose"]), *KEPT}
    for container in compose()["services"].values():
        for volume in container.get("volumes", ()):
            source = volume.partition(":")[0]
            there = source.removeprefix("../.qpo/compose/")
            assert there in made if there != source else (DEPLOY / source).resolve().is_file(), volume


def test_the_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "compose"
    main(folder, "compose")
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*")} == {0}
    assert b"@postgres:5432/qpo" in (folder / "auth-secrets/QPO_AUTH_DATABASE_URL").read_bytes()
    kept = (folder / "auth-keys/signing.pem").read_bytes()
    with pytest.raises(SystemExit, match="is there already"):
        main(folder, "compose")
    assert (folder / "auth-keys/signing.pem").read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["compose"]


def test_no_two_installations_share_a_secret() -> None:
    first, second = installation(*PLACES["kind"]), installation(*PLACES["kind"])
    for name, files in first.items():
        assert all(second[name][file] != content for file, content in files.items()), name


def test_auth_finds_all_its_keys_and_makes_none() -> None:
    """What the pod's first container asks for is what is made, and what auth reads."""
    made = set(installation(*PLACES["kind"])["auth-keys"])
    text = (ROOT / "deploy/base/auth/deployment.yaml").read_text(encoding="utf-8")
    asked = set(text.partition("for key in ")[2].partition(";")[0].split())
    assert asked | {"bootstrap_secret"} == made
    adapters = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "services/auth/adapters").glob("*.py"))
    assert all(f'"{name}"' in adapters for name in made)


def test_redis_forgets_cached_answers_before_its_container_has_no_memory_left_and_streams_never() -> None:
    told = dict(line.split(maxsplit=1) for line in REDIS_CONF.splitlines())
    of_pods = one(rendered("kind"), "StatefulSet", "redis")["spec"]["template"]["spec"]["containers"][0]
    limits = {compose()["services"]["redis"]["mem_limit"], of_pods["resources"]["limits"]["memory"].lower()[:-1]}
    (limit,) = {int(each.removesuffix("m")) for each in limits}
    # What it writes anew of its log it does beside what it has.
    assert limit / 2 <= int(told["maxmemory"].removesuffix("mb")) <= 0.8 * limit
    # As `qpo doctor` wants it of a Redis with a limit.
    assert told["maxmemory-policy"] == "volatile-lru"
