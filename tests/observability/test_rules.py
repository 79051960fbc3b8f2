"""Every alert fires when it should and is silent when it should be: promtool runs the rules over made-up series."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "observability" / "rules").glob("*.yml"))
CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))


def alerts() -> Iterator[dict[str, Any]]:
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


def expectations() -> Iterator[tuple[str, str, bool]]:
    """Name of an alert, its severity where it is to fire, and whether it is."""
    for path in CASES:
        for case in yaml.safe_load(path.read_text())["tests"]:
            for asked in case["alert_rule_test"]:
                fired = asked.get("exp_alerts", [])
                yield asked["alertname"], fired[0]["exp_labels"]["severity"] if fired else "", bool(fired)


@pytest.mark.component("promtool")
def test_the_rules_are_well_formed() -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", *map(str, RULES)], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.component("promtool")
@pytest.mark.timeout(300)  # days of samples
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    tested = subprocess.run(["promtool", "test", "rules", str(path)], check=False, capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    told = {(name, fires) for name, _, fires in expectations()}
    assert told == {(rule["alert"], fires) for rule in alerts() for fires in (True, False)}


def test_every_alert_says_how_bad_it_is_and_whose_it_is() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"critical", "warning"}, rule["alert"]
        assert rule["labels"]["team"], rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
