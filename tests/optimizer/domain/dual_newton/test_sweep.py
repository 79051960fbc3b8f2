"""Programs of every regime."""

from __future__ import annotations

import pytest

from tests.optimizer.domain.dual_newton import oracle
from tests.optimizer.domain.dual_newton.checks import solved
from tests.optimizer.domain.dual_newton.regimes import REGIMES, draw
from tests.optimizer.domain.dual_newton.sweep import sweep


def test_every_program_is_solved_and_certified() -> None:
    report = sweep(330, seed=7, compare=10_000)
    assert report.programs == 330
    assert not report.failures


def test_without_a_compiler_every_program_is_solved_too() -> None:
    report = sweep(99, seed=3, compare=10_000, largest=60, compiled=False)
    assert not report.failures


@pytest.mark.parametrize("name", REGIMES)
def test_another_solver_finds_the_same_objective(name: str) -> None:
    drawn = draw(name, 5, largest=40)
    found, other = solved(drawn).value, oracle.best(drawn)
    assert found == pytest.approx(other, rel=1e-6, abs=1e-7)
