"""What is installed, compared with what was tested."""

import importlib.metadata

import pytest

from stack import envoy
from stack.doctor import versions
from tests.stack.doctor.conftest import verdicts, wrong


def test_a_python_that_was_not_tested_is_wrong():
    assert wrong(versions.python(version=(3, 13)))
    assert not wrong(versions.python(version=(3, 12)))


def test_a_package_of_another_version_than_the_lock_s_is_named(tmp_path):
    lock = tmp_path / "requirements.lock"
    installed = importlib.metadata.version("grpcio")
    lock.write_text(f"# via\ngrpcio=={installed} \\\n    --hash=sha256:00\nprotobuf==0.1 ; python_version >= '3' \\\n")
    (found,) = wrong(versions.packages(lock=lock))
    assert "protobuf" in found.detail
    assert "instead of 0.1" in found.detail
    assert "grpcio" not in found.detail


def test_what_the_lock_has_for_another_python_is_not_compared(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("protobuf==0.1 ; python_version < '3' \\\n")
    assert not wrong(versions.packages(lock=lock))


def test_where_there_is_no_lock_that_is_said_and_nothing_is_taken_for_fine(tmp_path):
    assert verdicts(versions.packages(lock=tmp_path / "none")) == ["unknown"]


def test_the_installation_that_tests_run_in_is_as_it_was_locked():
    assert not wrong(versions.packages())


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho envoy version: 0/1.39.0/Clean\n", "is not the envoy that was tested"),
        ("#!/bin/sh\nexit 3\n", "is not the envoy that was tested"),
        ("#!/nowhere/sh\n", "cannot be run"),
    ],
)
def test_a_program_of_another_version_or_none_that_runs_is_wrong(patient, tmp_path, monkeypatch, script, said):
    program = tmp_path / "envoy"
    program.write_text(script)
    program.chmod(0o700)
    monkeypatch.setattr(envoy, "binary", lambda: program)
    (found,) = wrong(versions.programs(patient))
    assert said in found.detail


def test_the_programs_of_the_wheels_are_those_that_were_tested(patient):
    assert verdicts(versions.programs(patient)) == ["fine"] * 3
