"""A covariance with as much of the risk as may be each asset's own."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality import diagonal
from services.optimizer.domain.cardinality.diagonal import OwnRisk, with_own_risk
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance


def dense(count: int, sessions: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    market = random.normal(0, 0.01, (sessions, 1))
    returns = market + random.normal(0, 0.01, (sessions, count))
    return np.asarray(252 * np.cov(returns.T))


def own_of(matrix: np.ndarray) -> OwnRisk:
    found = with_own_risk(DenseCovariance(matrix))
    assert isinstance(found, OwnRisk)
    return found


@pytest.mark.parametrize("weights", ["even", "uneven"])
def test_what_is_left_of_the_covariance_is_one(weights: str) -> None:
    matrix = dense(40, 300)
    own = own_of(matrix)
    learned = own.even if weights == "even" else own.weighted(np.random.default_rng(2).random(40) ** 8)
    assert np.all(learned > 0)
    assert float(np.linalg.eigvalsh(matrix - np.diag(learned))[0]) >= 0
    assert own.factors(learned).full() == pytest.approx(matrix, abs=1e-12)


def test_what_counts_for_more_gets_more() -> None:
    own, weights = own_of(dense(40, 300)), np.zeros(40)
    weights[7] = 1.0
    assert own.weighted(weights)[7] > 1.5 * own.even[7]


def test_two_that_move_alike_leave_the_others_what_is_their_own() -> None:
    correlation = np.eye(20)
    correlation[0, 1] = correlation[1, 0] = 0.99
    found = own_of(correlation).even
    assert found[2:] == pytest.approx(np.ones(18), abs=0.05)
    assert found[:2].sum() <= 0.1


def test_without_a_compiler_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = dense(12, 100)
    fast = own_of(matrix).even
    monkeypatch.setattr(diagonal, "COMPILED", False)
    assert own_of(matrix).even == pytest.approx(fast, rel=1e-9)


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
