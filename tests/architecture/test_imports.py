"""The never-arrows: who may import whom."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_import_crosses_a_wall_of_the_house() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_of_the_contracts_the_chassis_imports_the_method_options_and_what_its_door_tells_alone() -> None:
    lines = [
        line.strip()
        for path in (ROOT / "chassis").rglob("*.py")
        for line in path.read_text().splitlines()
        if line.strip().startswith(("import qpo", "from qpo"))
    ]
    assert lines
    assert all("qpo.options" in line or "qpo.audit" in line for line in lines), lines


def test_every_service_sits_behind_the_same_rooms() -> None:
    for service in sorted(path.parent for path in (ROOT / "services").glob("*/__main__.py")):
        for room in ("__init__.py", "settings.py", "domain", "app", "rpc", "adapters"):
            assert (service / room).exists() or (service / f"{room}.py").exists(), f"{service.name} lacks {room}"
        assert len((service / "__main__.py").read_text().splitlines()) <= 80, f"{service.name}/__main__.py is too long"


def test_only_rpc_errors_names_a_status_code() -> None:
    offenders = [
        path.relative_to(ROOT)
        for path in (ROOT / "services").rglob("*.py")
        if "StatusCode" in path.read_text() and not path.match("rpc/errors.py") and not path.match("adapters/*_grpc.py")
    ]
    assert not offenders, offenders
