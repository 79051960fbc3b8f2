"""A quadratic model of costs."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality.sampling.quadratic import Quadratic, coefficients
from services.optimizer.domain.cardinality.sampling.subspace import Subspace


def test_what_is_quadratic_is_found() -> None:
    random, subspace = np.random.default_rng(0), Subspace(9, 4)
    half = random.normal(size=(9, 9))
    truth = Quadratic(half + half.T)
    masks = subspace.masks(subspace.states)
    costs = np.array([mask @ truth.matrix @ mask for mask in masks.astype(float)])
    assert truth(subspace.states) == pytest.approx(costs)
    some = random.permutation(subspace.size)[:100]
    found = Quadratic.fitted(masks[some], costs[some])
    assert found(subspace.states) == pytest.approx(costs, abs=1e-10)
    assert found.matrix == pytest.approx(found.matrix.T)


def test_there_are_as_many_coefficients_as_pairs_and_assets() -> None:
    assert coefficients(9) == 45
