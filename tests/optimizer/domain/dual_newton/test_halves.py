"""The compiled half, the plain half, and the compiled half without its compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from services.optimizer.domain.solvers.dual_newton import COMPILED, compiled, loops
from tests.optimizer.domain.dual_newton.checks import solved
from tests.optimizer.domain.dual_newton.interpreted import CASES, answer
from tests.optimizer.domain.dual_newton.regimes import REGIMES, draw


@pytest.mark.parametrize("regime", REGIMES)
def test_both_halves_find_the_same_weights(regime: str) -> None:
    drawn = draw(regime, 31, largest=60)
    fast, slow = solved(drawn), solved(drawn, compiled=False)
    assert slow.weights == pytest.approx(fast.weights, abs=1e-8)
    assert slow.value == pytest.approx(fast.value, abs=1e-10 * max(1.0, abs(fast.value)))
    assert slow.bound == pytest.approx(fast.bound, abs=1e-9 * max(1.0, abs(fast.value)))


def test_the_compiled_kernel_does_what_its_text_says() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.optimizer.domain.dual_newton.interpreted"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    for (name, seed), (value, bound, *weights) in zip(CASES, json.loads(run.stdout), strict=True):
        found = answer(name, seed)
        assert found.value == pytest.approx(value, rel=1e-9, abs=1e-11), name
        assert found.bound == pytest.approx(bound, rel=1e-9, abs=1e-11), name
        assert found.weights == pytest.approx(weights, abs=1e-8), name


def test_the_rest_of_the_domain_does_without_the_compiler() -> None:
    says = "import sys, services.optimizer.domain.solvers.utility; print('numba' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_without_numba_the_plain_half_is_taken() -> None:
    says = """
import sys
sys.modules["numba"] = None
from services.optimizer.domain.solvers import dual_newton
from tests.optimizer.domain.dual_newton.checks import defect
from tests.optimizer.domain.dual_newton.regimes import draw
drawn = draw("everything at once", 1, 40)
newton = dual_newton.DualNewton(drawn.loadings, drawn.specific, drawn.rows)
print(dual_newton.COMPILED, dual_newton.compiled(), defect(drawn, newton.solve(drawn.program)))
"""
    run = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False", "None"]


def test_with_numba_the_compiled_half_is_taken() -> None:
    assert COMPILED
    assert compiled()


def test_where_no_code_can_be_kept_it_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def njit(**options: object) -> object:
        asked.append(options)
        if "cache" in options:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(loops.numba, "njit", njit)
    assert loops._compiled(fastmath=True)(len) is len
    assert ["cache" in each for each in asked] == [True, False]
    assert all(each["nogil"] and each["fastmath"] for each in asked)
