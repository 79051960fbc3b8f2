import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ml.domain.pca import pca_factors
from services.ml.domain.settled import settled

from .strategies import correlated_returns, return_matrices


@given(return_matrices(), st.integers(1, 10))
def test_the_diagonal_keeps_the_sample_variances(values, factors):
    covariance = pca_factors(values, min(factors, values.shape[1])).covariance
    np.testing.assert_allclose(np.diag(covariance.matrix()), values.var(axis=0, ddof=1), rtol=1e-12)


@given(return_matrices(), st.integers(1, 10))
def test_specific_variances_are_strictly_positive_once_settled(values, factors):
    safe = settled(pca_factors(values, min(factors, values.shape[1])).covariance)
    assert (safe.covariance.specific > 0).all()
    assert safe.shift >= 0


@given(return_matrices(), st.integers(1, 10))
def test_the_loadings_are_the_leading_eigenvectors_of_the_sample_covariance(values, factors):
    factors = min(factors, values.shape[1])
    loadings = pca_factors(values, factors).covariance.loadings
    variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(values.T)))
    leading = (directions[:, -factors:] * variances[-factors:]) @ directions[:, -factors:].T
    np.testing.assert_allclose(loadings @ loadings.T, leading, atol=1e-12 * variances[-1])


def test_all_components_explain_all_variance():
    assert pca_factors(correlated_returns(1, 60, 5), 5).explained == pytest.approx(1.0)


def test_a_component_more_explains_more():
    values = correlated_returns(1, 60, 20)
    shares = [pca_factors(values, count).explained for count in range(1, 20)]
    assert shares == sorted(shares)
