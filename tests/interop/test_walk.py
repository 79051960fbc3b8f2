"""Every language does the main job through the edge, and sees the same."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import WALKED
from tests.interop.programs import Program
from tests.mesh.rest import SESSIONS, SYMBOLS

Task = Callable[[], dict[str, object]]
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def seen(program: Program, new_task: Task) -> dict[str, Any]:
    """What the program saw."""
    task = new_task()
    told = program.walk(task)
    assert told["email"] == task["email"]
    WALKED.append(told["language"])
    return told


def test_prices_are_imported_to_the_last(seen: dict[str, Any]) -> None:
    assert seen["bars"] == SESSIONS * len(SYMBOLS)


def test_a_portfolio_keeps_its_name_and_money_and_is_made_once(seen: dict[str, Any]) -> None:
    assert seen["portfolio"] == {"name": "Émigré 投資 🚀", "cash": "100000.00", "repeated": True}


def test_a_job_is_watched_to_its_end(seen: dict[str, Any]) -> None:
    assert seen["watched"]["state"] == "JOB_STATE_SUCCEEDED"
    assert seen["watched"]["messages"] >= 1


def test_the_optimum_is_that_which_python_sees(seen: dict[str, Any], reference: dict[str, Any]) -> None:
    found, expected = seen["optimum"], reference["optimum"]
    assert found["result_hash"] == expected["result_hash"]
    assert found["input_hash"] == expected["input_hash"]
    assert found["weights"].keys() == expected["weights"].keys() == set(SYMBOLS)
    assert found["weights"] == pytest.approx(expected["weights"], rel=0, abs=1e-12)
    for number in ("sharpe_ratio", "expected_return", "volatility", "gap"):
        assert found[number] == pytest.approx(expected[number], rel=0, abs=1e-12), number
    assert sum(found["weights"].values()) == pytest.approx(1, abs=1e-6)
    assert max(found["weights"].values()) <= 0.4 + 1e-6


def test_ticks_are_the_closes_that_were_imported(seen: dict[str, Any], prices: Path) -> None:
    rows = {row["date"]: row for row in csv.DictReader(prices.open())}
    assert {tick["symbol"] for tick in seen["ticks"]["ticks"]} == set(SYMBOLS)
    for tick in seen["ticks"]["ticks"]:
        assert tick["price"] == float(rows[tick["session"]][tick["symbol"]])


def test_a_stream_goes_on_behind_its_cursor(seen: dict[str, Any]) -> None:
    # Behind a cursor that is not known, or not looked at, a snapshot would come first.
    assert seen["ticks"]["snapshots"][-2:] == [False, False]
    symbols = [(tick["symbol"], tick["session"]) for tick in seen["ticks"]["ticks"]]
    assert len(symbols) == len(set(symbols)), "no tick comes twice"


def test_an_infeasible_problem_says_what_would_have_to_give(seen: dict[str, Any], reference: dict[str, Any]) -> None:
    told = seen["infeasible"]
    assert (told["code"], told["reason"], told["domain"]) == (9, "INFEASIBLE", "optimizer.qpo")
    assert told["conflicts"]
    assert all(each["type"] and each["subject"] and each["description"] for each in told["conflicts"])
    assert told == reference["infeasible"]


def test_a_request_that_breaks_a_rule_is_told_its_fields(seen: dict[str, Any]) -> None:
    assert (seen["refused"]["code"], seen["refused"]["reason"]) == (3, "INVALID_REQUEST")
    assert sorted(seen["refused"]["fields"]) == ["base_currency", "name"]
