"""The bench of the solvers: it runs on small problems, says what it promises, and its goals judge what they should."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.figures import Figure, read
from benchmarks.optimizer.clock import Timed, cost, ratio, timed
from benchmarks.optimizer.goals import GOALS, NO, UNKNOWN, YES, at_least, at_most, goal_of, unmeasured
from benchmarks.optimizer.report import Section, merged, table, written
from benchmarks.optimizer.universe import Universe

ROOT = Path(__file__).parents[2]
# The others are measured in their own tests.
ALONE = ("start", "mean_variance", "batch", "costs", "sharpe", "dense")
LIBRARIES = ("pypfopt", "skfolio", "riskfolio")
RIVALS = (*LIBRARIES, "cvxportfolio", "piqp", "piqp_again", "clarabel")
PROMISED = {
    *(f"optimizer.start.{what}" for what in ("imports", "kernels", "solve_after")),
    *(f"optimizer.mean_variance.n30_k20.{who}.{what}" for who in RIVALS for what in ("cpu", "gap", "violation")),
    *(f"optimizer.mean_variance.n30_k20.{who}_over_{own}" for who in RIVALS for own in ("qpo", "engine")),
    *("optimizer.mean_variance.n30_k20.qpo_over_limit", "optimizer.mean_variance.n40_k3.qpo.cpu"),
    *(f"optimizer.batch.n60_k20.{who}_over_qpo" for who in ("pypfopt", "piqp", "clarabel")),
    *(f"optimizer.batch.n60_k20.{who}.rate" for who in ("qpo", "qpo_l1", "qpo_l1_impact")),
    *(f"optimizer.costs.n60_k20.{what}" for what in ("qpo_over_costless", "clarabel_over_qpo")),
    *(f"optimizer.sharpe.n60_k20.{who}_over_qpo" for who in LIBRARIES),
    *(f"optimizer.dense.n30.{what}" for what in ("solver_over_cholesky", "engine.cpu")),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[dict[str, Figure], Path]:
    """What a quick run prints, every line of it a figure, and the folder of its results."""
    folder = tmp_path_factory.mktemp("results")
    only = [word for name in ALONE for word in ("--only", name)]
    command = [sys.executable, "-m", "benchmarks.optimizer", "--quick", "--results", str(folder), *only]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=115, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {figure.name: figure for figure in map(read, done.stdout.splitlines())}, folder


def test_the_bench_says_every_figure_that_it_promises(run):
    assert set(run[0]) >= PROMISED


def test_no_time_and_no_rate_is_negative_or_nothing(run):
    timings = [figure for figure in run[0].values() if figure.unit != "1"]
    assert len(timings) > len(PROMISED) // 2
    assert all(figure.value > 0 for figure in timings)


def test_everybody_solved_the_same_problems(run):
    gaps = [figure for name, figure in run[0].items() if name.endswith((".gap", ".less_than_ours"))]
    assert len(gaps) > len(RIVALS)
    assert all(abs(figure.value) < 1e-4 for figure in gaps)


def test_ours_is_at_the_optimum_and_within_the_limits_to_rounding(run):
    ours = [figure for name, figure in run[0].items() if ".qpo" in name and name.endswith((".gap", ".violation"))]
    assert ours
    assert all(abs(figure.value) <= 1e-10 for figure in ours)


def test_a_table_has_a_row_for_each_figure_and_all_goals(run):
    figures, folder = run
    shown = (folder / "optimizer.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in shown for name in figures)
    assert all(name in shown for name in GOALS)
    kept = json.loads((folder / "optimizer.json").read_text(encoding="utf-8"))["measurements"]
    assert {each["name"] for one in kept.values() for each in one["figures"]} == set(figures)


def test_a_run_of_one_measurement_leaves_the_others_results(tmp_path):
    written(
        {"costs": Section((1.0, 1.0), (Figure("optimizer.a", 1.0, "x"),)), "batch": Section((1.0, 1.0), ())}, tmp_path
    )
    again = merged({"costs": Section((2.0, 2.0), (Figure("optimizer.a", 3.0, "x"),))}, tmp_path)
    assert again["costs"].figures[0].value == 3.0
    assert again["batch"].load == (1.0, 1.0)


def test_goals_are_judged_by_their_own_direction_and_numbers_without_unit_by_size():
    assert at_least(10).reached(Figure("a", 10.0, "x")) == YES
    assert at_least(10).reached(Figure("a", 9.9, "x")) == NO
    assert at_most(1e-10).reached(Figure("a", -1e-9, "1")) == NO
    assert at_most(1e-10).reached(Figure("a", -1e-11, "1")) == YES


def test_a_rival_that_was_not_waited_for_can_reach_a_goal_but_not_miss_it():
    name = "optimizer.mean_variance.n500_k20.pypfopt_over_qpo"
    ended, ours = [Timed(60.0, None)], [Timed(0.01, np.ones(1))]
    figure = ratio(name, ended, ours)
    assert figure.name == f"{name}_at_least"
    assert goal_of(figure).reached(figure) == YES
    assert goal_of(figure).reached(Figure(figure.name, 5.0, "x")) == UNKNOWN
    assert name not in unmeasured([figure])


def test_a_rival_that_does_not_end_is_ended_and_printed_as_capped():
    def endless():
        while True:
            pass

    found = timed(endless, 0.1, cap=0.1)
    assert found.capped
    assert cost("optimizer.a.rival", [found]).line() == "optimizer.a.rival.capped_at 0.100 s"


def test_a_solve_is_timed_with_the_weights_that_it_finds():
    found = timed(lambda: np.arange(3.0) + np.zeros(100_000).sum(), 0.0)
    assert found.weights.tolist() == [0, 1, 2]
    assert 0 < found.seconds < 1


def test_a_goal_that_nobody_measured_stands_in_the_table():
    assert all(f"| `{name}` | | | {goal.text()} | {UNKNOWN} |" in table({}, {}) for name, goal in GOALS.items())


def test_a_universe_has_admissible_clients_and_is_the_same_every_time():
    one, same, other = Universe(60), Universe(60), Universe(60, seed=2)
    assert np.array_equal(one.loadings, same.loadings)
    assert not np.array_equal(one.loadings, other.loadings)
    programs = one.programs(50)
    members = one.members @ np.asarray(programs.upper).T
    assert np.minimum(members, 0.15).sum(axis=0).min() >= 1
    assert one.covariance == pytest.approx(one.loadings @ one.loadings.T + np.diag(one.specific))
