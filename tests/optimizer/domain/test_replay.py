"""What makes two runs the same, and what is told where they are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.records import recorded, result_hash
from services.optimizer.domain.replay import compared
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.problems import control, problem

VERSIONS = {"scipy": "1", "numpy": "2"}


def solved() -> Optimum:
    return ChoosingEngine(versions=VERSIONS).solve(problem(seed=7), control())


def test_a_run_is_recorded_with_what_computed_it() -> None:
    run = solved().run
    assert run is not None
    assert (run.versions, run.seed, run.non_replayable) == (VERSIONS, 7, False)
    assert run.input_hash == solved().input_hash


def test_neither_time_nor_versions_make_another_result() -> None:
    one = solved()
    slower = replace(one, elapsed_ms=9.0, solved=replace(one.solved, phases_ms={"solve": 9.0}))
    assert result_hash(recorded(slower, 7, {"numpy": "3"})) == result_hash(one)
    assert compared(one, recorded(slower, 7, {"numpy": "3"})).differences == ()


def test_two_runs_are_identical() -> None:
    found = compared(solved(), solved())
    assert found.identical
    assert found.result_hash == found.original_result_hash
    assert found.differences == ()


def test_what_differs_is_named_with_the_versions_that_may_be_why() -> None:
    one = solved()
    other = recorded(
        replace(one, cash=0.5, goal=replace(one.goal, risk_free_rate=0.1)), 7, {"numpy": "3", "scipy": "1"}
    )
    found = compared(one, other)
    assert not found.identical
    assert list(found.differences) == [f"cash: {one.cash} → 0.5", "goal", "versions.numpy: 2 → 3"]


def test_weights_of_another_number_of_assets_are_told() -> None:
    one = solved()
    other = replace(one, solved=replace(one.solved, weights=np.zeros(3)))
    assert compared(one, other).differences[0] == "weights: 12 → 3 of them"


def test_equal_answers_are_not_identical_if_the_clock_stopped_either() -> None:
    one = solved()
    stopped = replace(one, solved=replace(one.solved, clock_stopped=True))
    found = compared(stopped, stopped)
    assert found.result_hash == found.original_result_hash
    assert not found.identical
    assert len(found.differences) == 2
