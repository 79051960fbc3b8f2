"""`qpo doctor`, as people and programs see it."""

import json
import subprocess
import sys

from tests.stack.doctor.conftest import serving


def test_a_machine_without_a_mesh_is_examined_too(qpo, home):
    said = qpo("doctor", "--state-dir", str(home / "empty"), "-o", "json")
    found = said.json["findings"]
    assert said.json["healthy"] is (said.code == 0)
    assert {each["check"] for each in found} >= {"python", "ports", "disk", "memory", "secrets", "migrations"}
    assert not (home / "empty").exists()


def test_what_is_wrong_is_shown_with_how_to_mend_it_and_is_the_exit_code(qpo, home):
    secrets = home / "state" / "secrets" / "auth"
    secrets.mkdir(parents=True, mode=0o700)
    for folder in (home / "state", home / "state" / "secrets"):
        folder.chmod(0o700)
    (secrets / "signing.pem").touch(mode=0o644)
    said = qpo("doctor", "--wrong", "--state-dir", str(home / "state"))
    assert said.code == 1
    assert "✗ wrong" in said.out
    assert f"chmod 600 {secrets}/signing.pem" in "".join(said.out.replace("│", "").split("\n")).replace("  ", "")
    assert "fine" not in said.out
    assert "mend what is wrong" in said.err


def test_a_platform_elsewhere_is_examined_by_its_url(qpo):
    with serving(hours=1) as url:
        said = qpo("doctor", "--url", url, "-o", "json")
    wrong = [each["check"] for each in said.json["findings"] if each["verdict"] == "wrong"]
    assert (said.code, wrong) == (1, ["clocks"])


def test_a_url_that_is_none_is_refused(qpo):
    said = qpo("doctor", "--url", "ftp://nowhere")
    assert said.code == 1
    assert "is no address of an edge" in said.err


def test_examining_changes_nothing(home):
    ran = subprocess.run(
        [sys.executable, "-m", "clients.cli", "doctor", "--state-dir", str(home / "none"), "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert json.loads(ran.stdout)["findings"]
    assert not (home / "none").exists()
