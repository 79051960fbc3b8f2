"""The README's commands do what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def block_after(sentence: str) -> str:
    """The shell commands that follow a sentence of the README."""
    found = re.search(re.escape(sentence) + r"\s+```sh\n(.*?)```", README, re.DOTALL)
    assert found, f"the README does not say: {sentence}"
    return found.group(1)


def test_the_commands_for_a_running_mesh_work_as_written(mesh: Any) -> None:
    commands = block_after("With the mesh up, in another terminal:")
    here = commands.replace("localhost:8080", mesh.edge_address).replace("localhost:7002", mesh.address("portfolio"))
    here = here.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace("python3", sys.executable)
    environment = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    ran = subprocess.run(
        ["bash", "-euc", here], cwd=ROOT, capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count('"name":"first"') == 2, ran.stdout
    assert "qpo.portfolio.v1.PortfolioService/GetPortfolio" in ran.stdout


def test_the_two_commands_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(
        r"^make (\w+)", block_after("You need Linux on x86-64, Python 3.11 or 3.12, and make."), re.M
    ):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command


def test_every_file_that_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
