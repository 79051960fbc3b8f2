import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ml.domain import pca
from services.ml.domain.covariance import Factors
from services.ml.domain.pca import pca_factors
from services.ml.domain.spectrum import factor_extremes

from .strategies import correlated_returns, return_matrices


@given(return_matrices(), st.integers(1, 10))
def test_the_diagonal_keeps_the_sample_variances(values, factors):
    model = pca_factors(values, min(factors, values.shape[1]))
    variances = values.var(axis=0, ddof=1)
    np.testing.assert_allclose(np.diag(model.covariance.matrix()), variances, atol=model.raised + 1e-15)


@given(return_matrices(), st.integers(1, 10))
def test_specific_variances_are_strictly_positive(values, factors):
    assert (pca_factors(values, min(factors, values.shape[1])).covariance.specific > 0).all()


@given(return_matrices(), st.integers(1, 10))
def test_the_loadings_are_the_leading_eigenvectors_of_the_sample_covariance(values, factors):
    factors = min(factors, values.shape[1])
    loadings = pca_factors(values, factors).covariance.loadings
    variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(values.T)))
    leading = (directions[:, -factors:] * variances[-factors:]) @ directions[:, -factors:].T
    np.testing.assert_allclose(loadings @ loadings.T, leading, atol=1e-12 * variances[-1])


@given(return_matrices(), st.integers(1, 10))
def test_the_factor_form_and_the_dense_form_have_the_same_extreme_eigenvalues(values, factors):
    covariance = pca_factors(values, min(factors, values.shape[1])).covariance
    eigenvalues = np.linalg.eigvalsh(covariance.matrix())
    smallest, largest = factor_extremes(covariance)
    assert largest == pytest.approx(eigenvalues[-1], rel=1e-10)
    assert smallest == pytest.approx(eigenvalues[0], rel=1e-6, abs=1e-14 * eigenvalues[-1])


def test_extreme_eigenvalues_are_found_where_all_specific_variances_are_equal():
    loadings = np.ones((50, 1))
    smallest, largest = factor_extremes(Factors(loadings, np.full(50, 0.25)))
    assert (smallest, largest) == (pytest.approx(0.25), pytest.approx(50.25))


def test_all_components_explain_all_variance():
    assert pca_factors(correlated_returns(1, 60, 5), 5).explained == pytest.approx(1.0)


def test_a_component_more_explains_more():
    values = correlated_returns(1, 60, 20)
    shares = [pca_factors(values, count).explained for count in range(1, 20)]
    assert shares == sorted(shares)


def test_no_matrix_of_assets_by_assets_is_formed_when_there_are_more_assets_than_sessions(monkeypatch):
    decomposed = []
    eigh = np.linalg.eigh
    monkeypatch.setattr(pca.np.linalg, "eigh", lambda matrix: decomposed.append(matrix.shape) or eigh(matrix))
    pca_factors(correlated_returns(1, 30, 400), 5)
    assert decomposed == [(30, 30)]
