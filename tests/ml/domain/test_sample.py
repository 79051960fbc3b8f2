import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.ml.domain.covariance import Factors
from services.ml.domain.mean import weighted_mean
from services.ml.domain.sample import sample_covariance
from services.ml.domain.weights import exponential_weights, uniform_weights

from .strategies import correlated_returns, dense, return_matrices


@given(return_matrices())
def test_uniform_weights_give_the_sample_covariance(values):
    ours = dense(sample_covariance(values, uniform_weights(len(values))))
    np.testing.assert_allclose(ours, np.atleast_2d(np.cov(values.T)), rtol=1e-10, atol=1e-18)


@given(return_matrices(), st.floats(1, 500))
def test_exponential_weights_give_the_unbiased_weighted_covariance(values, half_life):
    weights = exponential_weights(len(values), half_life)
    expected = np.atleast_2d(np.cov(values.T, aweights=weights))
    np.testing.assert_allclose(dense(sample_covariance(values, weights)), expected, rtol=1e-8, atol=1e-17)


@given(return_matrices())
def test_an_infinite_half_life_is_the_sample(values):
    endless, uniform = exponential_weights(len(values), math.inf), uniform_weights(len(values))
    np.testing.assert_allclose(endless, uniform, rtol=1e-14)
    np.testing.assert_allclose(weighted_mean(values, endless), values.mean(axis=0), rtol=1e-9, atol=1e-17)
    ours, sample = dense(sample_covariance(values, endless)), dense(sample_covariance(values, uniform))
    np.testing.assert_allclose(ours, sample, rtol=1e-10, atol=1e-18)


def test_a_weight_halves_with_every_half_life():
    weights = exponential_weights(50, 7)
    np.testing.assert_allclose(weights[:-7] / weights[7:], 0.5)
    assert abs(weights.sum() - 1) < 1e-14


def test_more_assets_than_sessions_are_kept_as_the_weighted_rows():
    values = correlated_returns(3, 30, 80)
    found = sample_covariance(values, uniform_weights(30))
    assert isinstance(found, Factors)
    assert found.loadings.shape == (80, 30)
    assert not found.specific.any()
