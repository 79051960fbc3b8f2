"""The form in which Σ is written never changes Σ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ml.domain.covariance import Dense, Factors
from services.ml.domain.estimate import estimate_moments
from services.ml.domain.form import Form, split, written
from services.ml.domain.history import Returns
from services.ml.domain.spec import CovarianceMethod, Spec

from .strategies import correlated_returns, dense, return_matrices


def estimated(values, method):
    symbols = [f"S{column}" for column in range(values.shape[1])]
    return estimate_moments(Returns(symbols, values), Spec(covariance=method)).covariance


@given(return_matrices(), st.sampled_from(CovarianceMethod), st.sampled_from(Form))
def test_every_form_is_the_same_covariance(values, method, form):
    natural = estimated(values, method)
    expected = dense(natural)
    np.testing.assert_allclose(dense(written(natural, form)), expected, atol=1e-12 * np.abs(expected).max())


@given(return_matrices(), st.sampled_from(CovarianceMethod))
def test_factors_have_a_positive_diagonal(values, method):
    assert (written(estimated(values, method), Form.FACTORS).specific > 0).all()


@pytest.mark.parametrize("method", CovarianceMethod)
@pytest.mark.parametrize(("sessions", "assets"), [(60, 40), (40, 60)])
def test_an_estimate_is_dense_only_where_its_method_has_no_factors_and_sessions_suffice(method, sessions, assets):
    factored = {CovarianceMethod.PCA_FACTORS, CovarianceMethod.RMT_DENOISED}
    natural = estimated(correlated_returns(1, sessions, assets), method)
    assert isinstance(natural, Factors) == (assets > sessions or method in factored)


def test_the_diagonal_of_a_split_is_nine_tenths_of_the_smallest_eigenvalue():
    matrix = np.cov(correlated_returns(1, 60, 7).T)
    found = split(matrix)
    np.testing.assert_allclose(found.specific, 0.9 * np.linalg.eigvalsh(matrix)[0], rtol=1e-10)
    assert found.count == 7


def test_a_covariance_that_is_zero_has_no_factor():
    found = split(np.zeros((3, 3)))
    assert found.count == 0
    assert 0 < found.specific.max() < 1e-12


def test_a_form_counts_its_numbers():
    assert Dense(np.eye(4)).numbers == 16
    assert Factors(np.ones((4, 2)), np.ones(4)).numbers == 12
