import json

import pytest
from qpo.optimizer.v1.optimization_pb2 import Optimization, Progress

from clients.cli.watch import closeness, line


def test_an_optimization_is_watched_to_its_result(me):
    said = me("optimize", "--dataset", "mine")
    assert said.code == 0
    assert "62.5000 %" in said.out
    assert "1 of 3 assets get nothing" in said.out
    assert "0.100 … 2.100" in said.out


def test_the_result_is_printed_as_the_api_gives_it(me):
    answer = me("optimize", "--dataset", "mine", "--symbols", "AAPL,JNJ", "-o", "json").json
    assert answer["job"]["state"] == "JOB_STATE_SUCCEEDED"
    assert answer["result"]["weights"] == {"AAPL": 0.625, "JNJ": 0.375, "XOM": 0.0}
    assert answer["result"]["gap"] == 0.0


def test_an_explanation_names_limits_assets_and_risk(me):
    said = me("optimize", "explain", "--dataset", "mine")
    assert said.code == 0
    assert "one more percent of the cap of group [tech] is worth 0.012 of Sharpe ratio" in said.out
    assert "70.00 %" in said.out
    assert "1.23 %" in said.out
    assert "specific" in said.out
    assert "1.3000" in said.out


def test_a_replay_says_what_differs(me):
    job = me("optimize", "submit", "--dataset", "mine", "-o", "json").json["job_id"]
    said = me("optimize", "replay", job)
    assert said.code == 0
    assert "not identical" in said.out
    assert "numpy 2.4.6" in said.out
    assert "weights: most in AAPL, 0.625 → 0.626" in said.out


def test_an_impossible_mandate_names_the_bound_that_must_give(me):
    said = me("optimize", "--dataset", "mine", "--max-weight", "0.01")
    assert said.code == 19
    assert "default_bounds.max: 20 assets × 0.01 reach 0.2 of 1" in said.err
    assert "INFEASIBLE" in said.err


def test_an_error_is_json_where_results_are(me):
    said = me("optimize", "--dataset", "mine", "--max-weight", "0.01", "-o", "json")
    error = json.loads(said.err)
    assert error["code"] == 9
    assert {detail["@type"].rpartition(".")[2] for detail in error["details"]} == {"ErrorInfo", "PreconditionFailure"}


def test_a_detached_job_is_asked_for_later(me):
    job = me("optimize", "submit", "--dataset", "mine", "-o", "json").json["job_id"]
    assert "running" in me("optimize", "status", job).out
    assert me("optimize", "result", job).code == 0
    assert me("optimize", "watch", job).code == 0
    assert "cancelled" in me("optimize", "cancel", job).out
    assert "succeeded" in me("optimize", "list").out


def test_a_job_without_a_result_says_when_to_ask_again(me):
    said = me("optimize", "result", "00000000-0000-0000-0000-00000000ffff")
    assert said.code == 20
    assert "try again in 0.5 s" in said.err


def test_nothing_to_optimize_is_a_usage_error(me):
    assert me("optimize").code == 2


def test_an_unknown_dataset_is_told_before_a_job_is_made(me):
    said = me("optimize", "--dataset", "nothing")
    assert said.code == 15
    assert "DATASET_NOT_FOUND" in said.err


@pytest.mark.parametrize(("gap", "filled"), [(2.0, 0.0), (1.0, 0.0), (1e-9, 1.0), (0.0, 1.0), (float("nan"), 0.0)])
def test_the_bar_is_full_when_the_gap_is_closed(gap, filled):
    assert closeness(gap) == filled


def test_the_bar_never_runs_backwards_as_the_gap_closes():
    steps = [closeness(10.0**-digits) for digits in range(12)]
    assert steps == sorted(steps)


def test_the_line_holds_objective_bound_and_gap():
    text = line(Optimization(progress=Progress(objective=1.25, bound=1.5, gap=0.2))).plain
    assert "objective 1.25000000" in text
    assert "bound 1.50000000" in text
    assert "gap 2.0e-01" in text
