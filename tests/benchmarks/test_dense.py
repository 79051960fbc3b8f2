"""The comparison of solvers over a dense covariance compares what is alike."""

from __future__ import annotations

import pytest

from benchmarks import dense


@pytest.mark.parametrize("box", dense.BOXES)
@pytest.mark.parametrize("name", dense.SAME_OBJECTIVE)
def test_every_solver_finds_our_utility(name: str, box: str) -> None:
    ours, theirs = (dense.measure(each, 130, box, 0.0) for each in ("cold", name))
    assert theirs["utility"] == pytest.approx(ours["utility"], abs=dense.SAME)
    assert theirs["cpu"] > 0


def test_what_is_solved_warm_is_another_problem_each_time() -> None:
    solve = dense.SOLVERS["warm"](dense.World(130, "long_only"))
    first, second, third = solve(), solve(), solve()
    assert abs(first - second).max() > 1e-6
    assert first == pytest.approx(third, abs=1e-12)
