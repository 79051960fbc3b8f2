import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ml.domain import rmt
from services.ml.domain.rmt import edge, rmt_denoised
from services.ml.domain.settled import settled

from .strategies import correlated_returns, return_matrices


def by_full_decomposition(values):
    """The recipe with all N eigenpairs of the correlation."""
    sessions, assets = values.shape
    covariance = np.atleast_2d(np.cov(values.T))
    volatilities = np.sqrt(np.diag(covariance))
    eigenvalues, directions = np.linalg.eigh(covariance / np.outer(volatilities, volatilities))
    noise = eigenvalues <= (1 + np.sqrt(assets / sessions)) ** 2
    eigenvalues[noise] = eigenvalues[noise].mean()
    return (directions * eigenvalues) @ directions.T * np.outer(volatilities, volatilities)


@given(return_matrices())
def test_the_estimate_is_that_of_the_full_eigendecomposition(values):
    expected = by_full_decomposition(values)
    found = rmt_denoised(values)[0].matrix()
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


@given(return_matrices(least_sessions=2))
def test_the_trace_of_the_correlation_is_kept(values):
    covariance = rmt_denoised(values)[0].matrix()
    assert (np.diag(covariance) / values.var(axis=0, ddof=1)).sum() == pytest.approx(values.shape[1], rel=1e-10)


@given(return_matrices(), st.integers(0, 2**32 - 1))
def test_the_scale_of_each_return_changes_nothing_but_its_own_scale(values, seed):
    scale = np.random.default_rng(seed).uniform(0.01, 100, values.shape[1])
    once, scaled = rmt_denoised(values)[0].matrix(), rmt_denoised(values * scale)[0].matrix()
    np.testing.assert_allclose(scaled, once * np.outer(scale, scale), rtol=1e-8, atol=1e-9 * np.abs(scaled).max())


@given(return_matrices())
def test_every_factor_is_above_the_edge(values):
    model, _ = rmt_denoised(values)
    correlation = np.atleast_2d(np.corrcoef(values.T))
    above = np.linalg.eigvalsh(correlation) > edge(values.shape[1], len(values))
    assert model.count == above.sum()


@pytest.mark.parametrize(("sessions", "assets"), [(2000, 100), (100, 1000)])
def test_of_independent_returns_next_to_nothing_stands_out(sessions, assets):
    model, _ = rmt_denoised(np.random.default_rng(1).normal(0, 0.01, (sessions, assets)))
    assert model.count <= 2


def test_one_asset_keeps_its_variance():
    values = correlated_returns(1, 60, 1)
    model, above = rmt_denoised(values)
    assert (model.count, above) == (0, 0.0)
    assert model.matrix()[0, 0] == pytest.approx(values.var(ddof=1))


@pytest.mark.parametrize("still", [0.0, 0.1, 1 / 3])
def test_a_return_that_never_varies_leaves_the_others_as_they_are(still):
    values = correlated_returns(2, 60, 5)
    alone, beside = rmt_denoised(values)[0], rmt_denoised(np.column_stack([values, np.full(60, still)]))[0]
    np.testing.assert_allclose(beside.matrix()[:5, :5], alone.matrix(), rtol=1e-12)
    assert not beside.matrix()[5].any()


def test_a_universe_held_twice_has_as_many_factors_and_can_be_settled():
    values = correlated_returns(3, 200, 4)
    twice = settled(rmt_denoised(np.tile(values, 2))[0])
    assert (twice.covariance.specific > 0).all()
    matrix = twice.covariance.matrix()
    np.testing.assert_allclose(matrix[:4, :4] - matrix[:4, 4:], np.diag(twice.covariance.specific[:4]), atol=1e-15)


def test_no_matrix_of_assets_by_assets_is_decomposed_when_there_are_more_assets_than_sessions(monkeypatch):
    decomposed = []
    pairs = rmt.pairs_above
    monkeypatch.setattr(rmt, "pairs_above", lambda matrix, at: decomposed.append(matrix.shape) or pairs(matrix, at))
    rmt_denoised(correlated_returns(1, 30, 400))
    assert decomposed == [(30, 30)]
