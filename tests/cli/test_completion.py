import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.cli.conftest import in_a_process

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The bash script, as a file."""
    file = tmp_path_factory.mktemp("completion") / "qpo.bash"
    file.write_text(in_a_process("completion", "bash").out)
    return file


@pytest.fixture(scope="module")
def script_of():
    """What is printed for a shell, by a process for each."""
    return cache(lambda shell: in_a_process("completion", shell).out)


@pytest.fixture
def offered(script, home):
    """What bash offers after some words, the last of which is being typed."""

    def ask(*words: str) -> list[str]:
        line = " ".join(f"'{word}'" for word in words)
        place = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}"
        typed = f'source {script}; {place}; _qpo; printf "%s\\n" "${{COMPREPLY[@]}}"'
        environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", typed], capture_output=True, text=True, timeout=60, check=False, env=environment, cwd=home
        )
        assert not done.stderr, done.stderr
        return done.stdout.split()

    return ask


def test_the_bash_script_parses(script):
    assert subprocess.run(["bash", "-n", str(script)], check=False, timeout=20).returncode == 0


@pytest.mark.parametrize(("shell", "sign"), [("zsh", "#compdef qpo"), ("fish", "complete -c qpo")])
def test_the_other_shells_have_a_script_of_their_own(script_of, shell, sign):
    assert sign in script_of(shell)
    assert "rebalance" in script_of(shell)


@pytest.mark.parametrize("shell", [pytest.param(name, marks=pytest.mark.component(name)) for name in ("zsh", "fish")])
def test_the_other_shells_scripts_parse(script_of, shell, tmp_path):
    script = tmp_path / "script"
    script.write_text(script_of(shell))
    assert subprocess.run([shell, "-n", str(script)], check=False, timeout=20).returncode == 0


def test_commands_are_offered(offered):
    assert offered("qpo", "po") == ["portfolio"]
    assert {"create", "show", "rebalance"} <= set(offered("qpo", "portfolio", ""))


def test_options_and_their_choices_are_offered(offered):
    assert "--max-weight" in offered("qpo", "portfolio", "create", "--max")
    assert set(offered("qpo", "whoami", "-o", "")) == {"table", "json", "yaml"}


def test_portfolios_are_offered_by_id(me, portfolio, offered):
    assert portfolio["id"] in offered("qpo", "portfolio", "show", "")


def test_datasets_and_jobs_are_offered(me, typed, offered):
    assert offered("qpo", "prices", "bars", "") == ["mine"]
    assert offered("qpo", "optimize", "--dataset", "m") == ["mine"]
    assert offered("qpo", "optimize", "status", "") == ["00000000-0000-0000-0000-0000000003e8"]


def test_profiles_and_methods_are_offered_without_a_login(qpo, offered):
    qpo("profile", "set", "work", "--dataset", "mine")
    assert offered("qpo", "profile", "use", "w") == ["work"]
    assert "qpo.portfolio.v1.PortfolioService/GetPortfolio" in offered("qpo", "call", "")


def test_without_a_login_nothing_is_offered_and_nothing_is_said(offered):
    assert offered("qpo", "portfolio", "show", "") == []
