"""What @qpo/client does for its user: its own tests, its README from Node, and the walk from a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.mesh import Mesh
from tests.docs.blocks import blocks
from tests.fixtures.skips import missing
from tests.interop.conftest import WALKED
from tests.interop.programs import ENVIRONMENT, PROGRAMS, ROOT, Program, built
from tests.mesh.browser import browser
from tests.mesh.rest import SYMBOLS, User

CLIENT, INTEROP = ROOT / "clients/typescript", ROOT / "interop/ts"
README = CLIENT / "README.md"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", autouse=True)
def typescript() -> Program:
    lack = PROGRAMS["typescript"].missing()
    if lack:
        pytest.skip(missing(lack))
    return built("typescript")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    ran = subprocess.run(
        command, cwd=cwd, env={**ENVIRONMENT, **environment}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_it_repeats_waits_and_takes_up_as_its_own_tests_say() -> None:
    told = run("npm", "test", "--silent", cwd=CLIENT)
    assert "# fail 0" in told
    assert "# pass 0" not in told


def test_the_readme_shows_what_its_code_prints(mesh: Mesh, prices: Path) -> None:
    shown = list(blocks(README, {"ts"}))
    assert len(shown) == 3
    folder = INTEROP / "out/readme"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = [f"block{place}" for place in range(len(shown))]
    for name, block in zip(names, shown, strict=True):
        (folder / f"{name}.ts").write_text(block.text)
    settings = {
        "extends": "../../tsconfig.json",
        "compilerOptions": {"rootDir": ".", "outDir": "."},
        "files": [f"{name}.ts" for name in names],
        "include": [],
    }
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    run(CLIENT / "node_modules/.bin/tsc", "--project", folder, cwd=ROOT)
    for name, block in zip(names, shown, strict=True):
        printed = run("node", folder / f"{name}.js", cwd=folder, QPO_EDGE=mesh.edge_url, QPO_PRICES=str(prices))
        assert block.output is not None
        assert block.prints(printed), f"{README.name}:{block.line} shows\n{block.output}\nand printed\n{printed}"


@pytest.mark.component("chromedriver")
def test_a_browser_sees_through_grpc_web_what_node_sees(
    mesh: Mesh, new_task: Callable[[], dict[str, Any]], reference: dict[str, Any]
) -> None:
    task = new_task()
    User(mesh.edge_url, mesh.edge_address, task["email"]).register().import_prices()
    with browser() as window:
        window.open(f"{mesh.edge_url}/docs/live")
        window.run((INTEROP / "out/browser.bundle.js").read_text())
        seen = json.loads(window.run("return interop(arguments[0])", task))
        asked = window.run("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert any(address.endswith("/qpo.optimizer.v1.OptimizerService/WatchOptimization") for address in asked)
    assert seen["language"] == "browser"
    WALKED.append("a browser")
    assert seen["portfolio"] == reference["portfolio"]
    assert seen["optimum"] == reference["optimum"]
    assert seen["watched"]["state"] == "JOB_STATE_SUCCEEDED"
    assert seen["infeasible"] == reference["infeasible"]
    assert seen["refused"]["fields"] == reference["refused"]["fields"]
    assert {tick["symbol"] for tick in seen["ticks"]["ticks"]} == set(SYMBOLS)
