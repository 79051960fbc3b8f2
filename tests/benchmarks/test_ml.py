"""The bench of the estimators: it runs, and does not wait for a rival for ever."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from benchmarks.figures import Figure, read
from benchmarks.ml.clock import Cost, NothingMeasured, cost
from benchmarks.ml.report import table

ROOT = Path(__file__).parents[2]


def test_a_quick_run_measures_every_method_and_each_rival():
    command = [sys.executable, "-m", "benchmarks.ml", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=True)
    figures = {figure.name: figure for figure in map(read, done.stdout.splitlines())}
    assert all(figure.value > 0 for figure in figures.values())
    for method in ("ledoit_wolf", "rmt_denoised", "exponential", "pca_factors"):
        assert {f"ml.{method}.n60.ours", f"ml.{method}.n60.ours_whole"} <= set(figures)
    assert "ml.ledoit_wolf.n60.over_sklearn" in figures


def test_work_is_measured_in_the_time_that_it_computes():
    def some():
        for number in count():
            if number == 300_000:
                return

    assert 0 < cost(some, rounds=3).seconds < 5


def test_work_that_does_not_end_is_ended_at_the_cap():
    def endless():
        for _ in count():
            pass

    assert cost(endless, rounds=3, cap=0.1) == Cost(0.1, capped=True)


def test_work_that_fails_is_no_measurement(capfd):
    with pytest.raises(NothingMeasured):
        cost(lambda: 1 / 0, rounds=1)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_table_has_a_row_for_each_figure():
    shown = table([Figure("ml.a.n1.ours", 12.5, "ms")], {"cores": "2"})
    assert "| `ml.a.n1.ours` | 12.5 | ms |" in shown
    assert "cores 2" in shown
