"""The bench of market data, on counts too small to mean anything: it runs, and says what it promises to say."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.figures import Figure, read
from benchmarks.marketdata.report import GOALS, table

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]


def test_a_table_says_whether_a_goal_was_reached():
    text = table([Figure("marketdata.crowd.qpo_over_sse_json", 0.7, "x")], {"cores": "2"})
    assert "| `marketdata.crowd.qpo_over_sse_json` | 0.700 | x | ≤ 0.5 | no |" in text


def test_one_part_can_be_measured_alone():
    found = measured("--only", "ingest")
    assert {name for name in GOALS if ".ingest." in name} <= set(found)
    assert {name.split(".")[1] for name in found} == {"ingest"}


@pytest.mark.nightly
@pytest.mark.component("h2load")
def test_every_figure_with_a_goal_is_measured():
    found = measured()
    assert set(found) >= set(GOALS)
    assert all(figure.value > 0 for figure in found.values() if figure.unit in ("us", "ms", "x"))


def measured(*words):
    command = [sys.executable, "-m", "benchmarks.marketdata", "--quick", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {figure.name: figure for figure in map(read, filter(None, done.stdout.splitlines()))}
