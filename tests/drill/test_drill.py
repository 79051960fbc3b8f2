"""The drill in short: a real mesh, one process of each kind killed, every checker silent."""

from pathlib import Path

import pytest

from tests.drill.drill import Plan, drill
from tests.drill.history import read
from tests.drill.report import report_of
from tests.drill.targets import KINDS


@pytest.mark.mesh
@pytest.mark.timeout(240)
async def test_nothing_is_lost_when_one_process_of_each_kind_is_killed(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    await drill(Plan(kills=len(KINDS), seed=5), history)
    report = report_of(read(history))
    assert not any(report["violations"].values()), report["violations"]
    assert set(report["recovery"]) == set(KINDS)
    assert report["calls_answered_share"] >= 0.999, report["unanswered"]
    assert report["internal_errors"] == 0, report["lost_tries_by_code"]
    assert report["events"]["portfolio"] and report["bus_messages"]
