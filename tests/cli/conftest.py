"""`qpo` as a user has it: a profile folder of its own, an edge that answers from memory."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from clients.cli.__main__ import run

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
CODE = "123456"


@pytest.fixture(scope="module")
def edge():
    """Address of a stand-in platform."""
    program = [sys.executable, "-m", "tests.cli.fake_edge"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        port = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}"
        process.stdin.close()
        process.wait(10)


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path, monkeypatch, edge):
    """A home of one's own, at the stand-in's edge."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("QPO_EDGE", edge)
    monkeypatch.setenv("QPO_PASSWORD", PASSWORD)
    monkeypatch.setenv("QPO_CODE", CODE)
    monkeypatch.setenv("COLUMNS", "140")
    for name in ("QPO_PROFILE", "QPO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def qpo(home, capsys):
    """Runs a command line in this process."""

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(arguments)
        written = capsys.readouterr()
        return Said(code, written.out, written.err)

    return call


def in_a_process(*arguments: str, stdin: str | None = None) -> Said:
    """Runs `qpo` as a program; without `stdin` it finds nothing there."""
    command = [sys.executable, "-m", "clients.cli", *arguments]
    done = subprocess.run(command, input=stdin or "", text=True, capture_output=True, timeout=30, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def program(home):
    """`qpo` as a program of its own."""
    return in_a_process


@pytest.fixture
def me(qpo):
    """`qpo`, logged in."""
    assert qpo("login", "me@example.com").code == 0
    return qpo


@pytest.fixture
def portfolio(me):
    """A portfolio of three symbols."""
    made = me("portfolio", "create", "Mine", "--cash", "1,000.00", "--dataset", "mine", "-o", "json")
    return made.json["portfolio"]


@pytest.fixture
def typed(me, home, edge, portfolio):
    """Puts what the stand-in knows into the places of a line of `lines.py`, and splits it into words."""
    (home / "closes.csv").write_text("date,AAPL\n2022-01-03,1.0\n")
    (home / "classes.csv").write_text("symbol,sector,country\nAAPL,technology,US\n")
    (home / "ticks.csv").write_text("occurred_at,symbol,price\n2026-03-02T12:00:00Z,AAPL,1.0\n")
    (home / "documents.csv").write_text("id,published_at,title\n1,2026-03-02T12:00:00Z,AAPL to the moon\n")
    (home / "secret").write_text("the-secret\n")
    (home / "api.key").write_text("qpo_a-key\n")
    (home / "mandates.csv").write_text("portfolio,risk_aversion,cap\nyoung,2,0.1\nold,20,0.05\n")
    job = me("optimize", "submit", "--dataset", "mine", "-o", "json").json["job_id"]
    files = {"closes": "closes.csv", "mandates": "mandates.csv", "classes": "classes.csv", "secret": "secret"}
    files["apikey"] = "api.key"
    (home / "actions.csv").write_text("symbol,ex_date,split_ratio\nAAPL,2020-08-31,4\n")
    files |= {"ticks": "ticks.csv", "documents": "documents.csv", "actions": "actions.csv"}
    known = {"portfolio": portfolio["id"], "job": job, "archive": "mine.zip", **files}
    return lambda line: line.format(**known, auth=edge.removeprefix("http://")).split()
