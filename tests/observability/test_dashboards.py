"""Every panel of every dashboard shows something: its question has an answer in a mesh that was walked through."""

import json

import pytest

from tests.mesh.rest import User
from tests.observability.conftest import Series
from tools.dashboards import DASHBOARDS, FOLDER, rendered

PANELS = [
    (path.stem, panel) for path in sorted(FOLDER.glob("*.json")) for panel in json.loads(path.read_text())["panels"]
]


def test_the_dashboards_are_what_their_table_says() -> None:
    assert {path: path.read_text() for path in FOLDER.glob("*")} == dict(rendered()), "run `make docs`"


def test_panels_lie_beside_each_other_and_ask_once() -> None:
    for name, (_, panels) in DASHBOARDS.items():
        own = [panel for dashboard, panel in PANELS if dashboard == name]
        assert len({panel["id"] for panel in own}) == len(own) == len(panels)
        assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in own}) == len(own)
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in own)


@pytest.mark.component("prometheus")
@pytest.mark.parametrize(("dashboard", "panel"), PANELS, ids=[f"{name}: {panel['title']}" for name, panel in PANELS])
def test_a_panel_has_an_answer(again: User, series: Series, dashboard: str, panel: dict) -> None:
    (target,) = panel["targets"]
    assert series.await_any(target["expr"].replace("$service", ".*"), seconds=30)
