"""The workflows name what they use by commit, may do little, and run what stands in the Makefile."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.addresses import SERVICES
from tests.docs.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def loaded(name: str) -> dict[Any, Any]:
    return yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.stem)
def test_an_action_is_named_by_its_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", workflow.read_text(encoding="utf-8"))
    ours = [action for action, _ in used if action.startswith("./")]
    assert all((ROOT / action).exists() for action in ours)
    for action, comment in used:
        assert action in ours or re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
        assert action in ours or re.match(r" # v\d", comment), f"{action}: which version is it?"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.stem)
def test_a_workflow_may_read_and_a_job_that_may_more_says_so(workflow: Path) -> None:
    text = loaded(workflow.stem)
    assert text["permissions"] == {"contents": "read"}
    assert "concurrency" in text
    for job in text["jobs"].values():
        assert set(job.get("permissions", {})) <= {"contents", "id-token"}
        assert "uses" in job or job["timeout-minutes"] <= 45


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.stem)
def test_what_a_caller_types_reaches_a_shell_only_as_a_variable(workflow: Path) -> None:
    scripts = re.findall(r"run: (?:\|\n((?: {10,}.*\n)+)|(.*))", workflow.read_text(encoding="utf-8"))
    assert not [block or line for block, line in scripts if "${{" in block + line]


def test_both_pythons_are_tested_and_every_service_gets_an_image() -> None:
    assert loaded("test")["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
    assert loaded("image")["jobs"]["image"]["strategy"]["matrix"]["service"] == list(SERVICES)


def test_every_target_that_a_workflow_makes_is_in_the_makefile() -> None:
    targets = {name for workflow in WORKFLOWS for name in re.findall(r"run: make (\w+)", workflow.read_text())}
    assert targets == {"scan", "audit", "secrets", "sbom"}
    assert all(re.search(rf"^{target}:", MAKEFILE, re.MULTILINE) for target in targets)


def test_a_hook_before_a_commit_is_a_tool_of_the_lock() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repository["repo"] for repository in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        program, *arguments = hook["entry"].split()
        assert program.startswith(".venv/bin/")
        assert all((ROOT / argument).exists() for argument in arguments if argument.startswith("tests/"))
