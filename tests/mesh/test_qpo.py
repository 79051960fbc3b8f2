"""`qpo` against the real platform, and the platform under `qpo up` and `qpo down`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.mesh.rest import SESSIONS, SYMBOLS, closes

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(240)]


class Terminal:
    """A user's terminal: `qpo` as a program, with a home of its own."""

    def __init__(self, home: Path, **environment: str):
        own = {"XDG_CONFIG_HOME": str(home / "config"), "QPO_PASSWORD": "correct horse battery staple"}
        self.environment = {**os.environ, **own, **environment}
        self.home = home

    def program(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "clients.cli", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env=self.environment, text=True, cwd=self.home, **pipes)

    def __call__(self, *arguments: str, code: int = 0) -> str:
        process = self.program(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"{out}\n{err}"
        assert "Traceback" not in err
        return out if code == 0 else err

    def json(self, *arguments: str) -> dict:
        return json.loads(self(*arguments, "-o", "json"))


@pytest.fixture(scope="module")
def qpo(mesh, tmp_path_factory) -> Terminal:
    home = tmp_path_factory.mktemp("home")
    (home / "closes.csv").write_bytes(closes())
    terminal = Terminal(home, QPO_EDGE=mesh.edge_url)
    terminal("register", f"{uuid4().hex[:12]}@example.com")
    terminal("prices", "import", "closes.csv", "--dataset", "mine")
    return terminal


def test_the_first_walk_of_the_help_can_be_typed_as_it_stands(qpo):
    assert {"read:portfolio", "run:optimization"} <= set(qpo.json("whoami")["scopes"])
    assert qpo.json("prices", "datasets")["datasets"][0]["instruments"] == len(SYMBOLS)
    made = qpo.json("portfolio", "create", "My first", "--dataset", "mine", "--cash", "100000")["portfolio"]
    assert made["strategy"]["universe"] == list(SYMBOLS)
    best = qpo.json("optimize", made["id"], "--lookback", "252")
    assert sum(best["result"]["weights"].values()) == pytest.approx(1, abs=1e-9)
    qpo("portfolio", "update", made["id"], "--lookback", "252")
    assert qpo.json("portfolio", "rebalance", made["id"])["trades"]
    assert "net asset value" in qpo("portfolio", "holdings", made["id"])
    assert len(qpo.json("frontier", "--dataset", "mine", "--lookback", "252", "--points", "5")["points"]) == 5


def test_a_repeated_import_changes_nothing(qpo):
    again = qpo.json("prices", "import", "closes.csv", "--dataset", "mine")
    assert again["bars_stored"] == 0
    assert again["bars_unchanged"] == SESSIONS * len(SYMBOLS)


def test_replayed_ticks_are_watched(qpo):
    replay = qpo.json("ticks", "replay", "mine", "--speed", "50")["replay"]["id"]
    frames = [json.loads(line) for line in qpo("ticks", "watch", "mine", "--seconds", "2", "-o", "json").splitlines()]
    assert sum(len(frame["ticks"]) for frame in frames[1:]) > 0
    assert qpo.json("ticks", "stop", replay)["replay"]["state"] == "REPLAY_STATE_STOPPED"


def test_an_impossible_mandate_exits_with_failed_precondition(qpo):
    err = qpo("optimize", "--dataset", "mine", "--lookback", "252", "--max-weight", "0.1", code=19)
    assert "default_bounds.max" in err
    assert "INFEASIBLE" in err


def test_what_is_not_there_exits_with_not_found(qpo):
    assert "PORTFOLIO_NOT_FOUND" in qpo("portfolio", "get", str(uuid4()), code=15)


def test_a_mesh_is_brought_up_looked_at_and_taken_down(tmp_path_factory):
    home = tmp_path_factory.mktemp("up")
    qpo = Terminal(home, QPO_STACK_STATE_DIR=str(home / "s"), QPO_STACK_DURABLE="false")
    up = qpo.program("up", "--free-ports")
    for line in up.stderr:
        if "ready after" in line:
            break
    status = qpo.json("status")
    assert {part["state"] for part in status["parts"]} == {"ready"}
    assert "a mesh already runs" in qpo("up", code=1)
    assert "admin" in qpo("admin", "bootstrap", "root@example.com")
    assert "auth │" in qpo("logs", "auth", "-n", "3")
    qpo("down")
    assert up.wait(30) == 0
    assert "no mesh runs here" in qpo("status", code=1)
