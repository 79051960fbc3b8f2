"""A covariance with as much of the risk as may be each asset's own."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality.diagonal import learned_diagonal, with_own_risk
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance


def dense(count: int, sessions: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    market = random.normal(0, 0.01, (sessions, 1))
    returns = market + random.normal(0, 0.01, (sessions, count))
    return np.asarray(252 * np.cov(returns.T))


def test_what_is_left_of_the_covariance_is_one() -> None:
    matrix = dense(40, 300)
    found = with_own_risk(DenseCovariance(matrix))
    assert found is not None
    assert np.all(found.specific > 0)
    assert float(np.linalg.eigvalsh(matrix - np.diag(found.specific))[0]) >= 0
    assert found.full() == pytest.approx(matrix, abs=1e-12)


def test_two_that_move_alike_leave_the_others_what_is_their_own() -> None:
    correlation = np.eye(20)
    correlation[0, 1] = correlation[1, 0] = 0.99
    found = learned_diagonal(correlation)
    assert found is not None
    assert found[2:] == pytest.approx(np.ones(18), abs=0.05)
    assert found[:2].sum() <= 0.1


def test_a_factor_model_brings_its_own() -> None:
    own = FactorCovariance(np.full((3, 1), 0.1), np.full(3, 0.04))
    assert with_own_risk(own) is own


@pytest.mark.parametrize(
    "covariance",
    [
        DenseCovariance(dense(30, 10)),
        DenseCovariance(np.zeros((2, 2))),
        FactorCovariance(np.full((3, 1), 0.1), np.array([0.04, 0.0, 0.04])),
    ],
    ids=["few sessions", "no risk", "an asset without risk of its own"],
)
def test_a_singular_one_has_no_such_form(covariance: DenseCovariance | FactorCovariance) -> None:
    assert with_own_risk(covariance) is None
