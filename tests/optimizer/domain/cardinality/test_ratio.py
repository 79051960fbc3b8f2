"""The greatest ratio over choices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.cardinality.ratio import search_ratio
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.solvers.dual_newton import COMPILED, DualNewton
from tests.optimizer.domain.cardinality.instances import KINDS, draw, ratio_wrong

WITH_RETURNS = [kind for kind in KINDS if kind != "return"]


@pytest.mark.skipif(not COMPILED, reason="numba is not installed")
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", WITH_RETURNS)
def test_bound_greatest_ratio_and_incumbent_are_in_this_order_and_meet(kind: str, seed: int) -> None:
    assert ratio_wrong(draw(kind, seed, largest=9)) is None


def test_without_a_compiler_it_is_said_that_nothing_was_found() -> None:
    choice = draw("plain", 1)
    structure = choice.newton.structure
    loadings = structure.columns[:, : structure.factors]
    plain = DualNewton(loadings, structure.specific, np.ones((1, choice.assets)), compiled=False)
    with pytest.raises(SolverFailed, match="was not found"):
        search_ratio(replace(choice, newton=plain), -1.0, 2.0)
