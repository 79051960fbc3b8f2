import json
from io import StringIO

import pytest
from qpo.optimizer.v1.optimization_pb2 import DataQuality, Optimization, OptimizationResult, Progress
from rich.console import Console

from clients.cli.optimize_tables import result
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


def test_trades_show_what_each_costs_by_kind(me):
    said = me(
        *("optimize", "solve", "--dataset", "mine", "--current", "AAPL=0.75,XOM=0.25"),
        *("--commission-bp", "1", "--half-spread-bp", "4"),
    )
    lines = [line.replace("│", " ").split() for line in said.out.splitlines()]
    assert ["AAPL", "75.0000", "%", "62.5000", "%", "-12.5000", "%", "0.12", "0.50"] in lines
    assert ["JNJ", "0.0000", "%", "37.5000", "%", "+37.5000", "%", "0.38", "1.50"] in lines
    assert ["XOM", "25.0000", "%", "0.0000", "%", "-25.0000", "%", "0.25", "1.00"] in lines
    assert "3.75 bp to trade (commission 0.75, spread 3.00)" in said.out
    assert "impact" not in said.out


def test_a_result_says_how_it_was_found(me, home):
    (home / "volumes.csv").write_text("AAPL,1e9\nJNJ,1e9\nXOM,1e9\n")
    said = me(
        *("optimize", "--dataset", "mine", "--impact", "1", "--value", "1e6", "--volumes-file", "volumes.csv"),
        *("--benchmark", "AAPL=0.5,JNJ=0.5", "--max-cvar", "0.03"),
    )
    assert "primal 1.0e-12, dual 2.0e-11, complementarity 3.0e-13" in said.out
    assert "prepare 1.5 ms, solve 3.0 ms, certify 0.2 ms" in said.out
    assert "dual_newton: did not converge" in said.out
    assert "3.21 % per year" in said.out
    assert "2.34 % per session" in said.out


def test_what_a_result_does_not_have_is_not_shown(me):
    said = me("optimize", "solve", "--dataset", "mine")
    assert "62.5000 %" in said.out
    assert not any(word in said.out for word in ("Trades", "cost", "tracking", "CVaR", "tried before", "beware"))


def test_of_many_trades_the_largest_are_shown_and_the_rest_counted():
    many = [{"symbol": f"S{i}", "from": 0.01, "to": 0.02, "cost": {"commission": 1e-4}} for i in range(40)]
    said = printed(result(OptimizationResult(trades=many)))
    assert "S14" in said
    assert "S15" not in said
    assert "15 of 40 trades; -o json has them all" in said


def test_what_the_data_lack_is_told():
    quality = DataQuality(short_histories=[f"S{i}" for i in range(7)], stale=["OLD"], psd_shift=1e-8)
    said = printed(result(OptimizationResult(quality=quality)))
    assert "short history: S0, S1, S2, S3, S4 and 2 more; no price at the end: OLD" in said
    assert "beware" not in printed(result(OptimizationResult(quality=DataQuality(observations_used=756))))


def printed(table):
    console = Console(width=140, file=StringIO())
    console.print(table)
    return console.file.getvalue()


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
