"""The bench of choices, on problems too small to mean anything: it runs, and says what it promises to say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.figures import Figure, read
from benchmarks.quantum.instances import of_library, synthetic
from benchmarks.quantum.report import GOALS, table, written

ROOT = Path(__file__).parents[2]
CIRCUIT = ("aer_over_qpo", "cpu", "feasible", "gradient_off", "gradient_over_evaluation")
PROMISED = {
    *(f"quantum.frontier.tiny.{what}" for what in ("points", "proven", "d", "gap_worst", "cpu_mean", "nodes_mean")),
    *(f"quantum.frontier.tiny.first.{what}" for what in ("cpu_median", "gap_median")),
    *(f"quantum.circuit.n10_k5_p2.{mixer}.{what}" for mixer in ("grover", "ring") for what in CIRCUIT),
    "quantum.rescue.synthetic.points",
    *(f"quantum.scip.tiny.f{place}.{what}.cpu" for place in (50, 80) for what in ("qpo", "scip")),
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """An instance of twelve assets, written as OR-Library writes its own."""
    instance, deviations = synthetic(12), np.sqrt(np.diag(synthetic(12).covariance))
    lines = ["12", *(f" {m:.6f} {s:.6f}" for m, s in zip(instance.mean, deviations, strict=True))]
    correlation = instance.covariance / np.outer(deviations, deviations)
    lines += [f" {i + 1} {j + 1} {correlation[i, j]:.7f}" for i in range(12) for j in range(i, 12)]
    (tmp_path / "port2.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    return tmp_path


def test_an_instance_is_read_as_it_was_written(library: Path) -> None:
    found, written_ = of_library(library, 2), synthetic(12)
    assert found.name == "dax"
    assert found.mean == pytest.approx(written_.mean, abs=1e-6)
    assert found.covariance == pytest.approx(written_.covariance, abs=1e-7)


@pytest.mark.timeout(240)
def test_the_bench_says_every_figure_that_it_promises_and_writes_them(library: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.quantum", "--quick", "--results", str(tmp_path / "results")]
    environment = {**os.environ, "QPO_ORLIB": str(library)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    figures = {figure.name.replace(".dax.", ".tiny."): figure for figure in map(read, done.stdout.splitlines())}
    assert set(figures) >= PROMISED
    assert figures["quantum.frontier.tiny.proven"].value == figures["quantum.frontier.tiny.points"].value == 5
    assert figures["quantum.circuit.n10_k5_p2.ring.gradient_off"].value < 1e-7
    assert figures["quantum.circuit.n10_k5_p2.grover.feasible"].value == 100
    kept = json.loads((tmp_path / "results" / "quantum.json").read_text(encoding="utf-8"))
    assert len(kept["figures"]) == len(figures)


def test_a_run_of_one_measurement_keeps_the_others(tmp_path: Path) -> None:
    written(
        [Figure("quantum.scip.dax.f50.scip_over_qpo", 20.0, "x"), Figure("quantum.rescue.dax.points", 6, "1")], tmp_path
    )
    written([Figure("quantum.rescue.dax.points", 5, "1")], tmp_path)
    whole = (tmp_path / "quantum.md").read_text(encoding="utf-8")
    assert "`quantum.scip.dax.f50.scip_over_qpo` | 20.0 | x | ≥ 10 | yes |" in whole
    assert "`quantum.rescue.dax.points` | 5.000 | 1 |" in whole


def test_a_goal_that_is_missed_says_no() -> None:
    assert "quantum.frontier.dax.cpu_mean" in GOALS
    assert "| no |" in table([Figure("quantum.frontier.dax.cpu_mean", 50.0, "ms")], {})
