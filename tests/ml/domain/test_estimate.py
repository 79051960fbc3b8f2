"""What is true of every estimator."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ml.domain.errors import InvalidSpec
from services.ml.domain.estimate import estimate_moments
from services.ml.domain.history import Returns
from services.ml.domain.spec import CovarianceMethod, ExpectedReturnMethod, Spec

from .strategies import correlated_returns, dense, return_matrices

MEANS = st.sampled_from(ExpectedReturnMethod)
COVARIANCES = st.sampled_from(CovarianceMethod)


def returns_of(values, sessions=()):
    return Returns([f"S{column}" for column in range(values.shape[1])], values, sessions)


def matrix_of(estimate):
    return dense(estimate.covariance)


@given(return_matrices(), COVARIANCES)
def test_every_covariance_is_symmetric_and_positive_semidefinite(values, method):
    matrix = matrix_of(estimate_moments(returns_of(values), Spec(covariance=method)))
    assert np.array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix)[0] >= -1e-15 * np.trace(matrix)


@given(return_matrices(), COVARIANCES, st.floats(0.01, 100))
def test_scaling_returns_by_c_scales_the_covariance_by_c_squared(values, method, c):
    spec = Spec(covariance=method)
    once = matrix_of(estimate_moments(returns_of(values), spec))
    scaled = matrix_of(estimate_moments(returns_of(c * values), spec))
    np.testing.assert_allclose(scaled, c**2 * once, rtol=1e-6, atol=1e-9 * c**2 * np.abs(once).max())


@given(return_matrices(), MEANS, st.floats(0.01, 100))
def test_scaling_returns_by_c_scales_expected_returns_by_c(values, method, c):
    spec = Spec(expected_return=method)
    once = estimate_moments(returns_of(values), spec).expected_returns
    scaled = estimate_moments(returns_of(c * values), spec).expected_returns
    np.testing.assert_allclose(scaled, c * once, rtol=1e-6, atol=1e-9 * c * np.abs(once).max())


@given(return_matrices(), MEANS, COVARIANCES, st.randoms(use_true_random=False))
def test_permuting_the_assets_permutes_the_estimate(values, mean, covariance, random):
    order = list(range(values.shape[1]))
    random.shuffle(order)
    spec = Spec(expected_return=mean, covariance=covariance)
    straight, permuted = (
        estimate_moments(returns_of(values), spec),
        estimate_moments(returns_of(values[:, order]), spec),
    )
    scale = np.abs(straight.expected_returns).max()
    np.testing.assert_allclose(permuted.expected_returns, straight.expected_returns[order], atol=1e-9 * scale)
    matrix = matrix_of(straight)
    np.testing.assert_allclose(matrix_of(permuted), matrix[np.ix_(order, order)], atol=1e-9 * np.abs(matrix).max())


@given(return_matrices(), COVARIANCES)
def test_intensities_and_shares_lie_between_zero_and_one(values, method):
    spec = Spec(expected_return=ExpectedReturnMethod.SHRUNK, covariance=method)
    quality = estimate_moments(returns_of(values), spec).quality
    assert 0 <= quality.covariance_shrinkage <= 1
    assert 0 <= quality.expected_return_shrinkage <= 1
    assert 0 <= quality.explained_variance <= 1


@given(return_matrices(), COVARIANCES)
def test_the_condition_number_is_that_of_the_matrix_given(values, method):
    estimate = estimate_moments(returns_of(values), Spec(covariance=method))
    eigenvalues = np.linalg.eigvalsh(matrix_of(estimate))
    stated = estimate.quality.condition_number
    # The smallest eigenvalue is known to about N ε λ_max, so 1 / condition is known that well, absolutely.
    assert 1 / stated == pytest.approx(eigenvalues[0] / eigenvalues[-1], rel=1e-6, abs=len(eigenvalues) * 1e-15)


@given(return_matrices(least_sessions=30, most_sessions=35), st.sampled_from([1, 3]))
def test_a_shift_is_reported_exactly_when_the_sample_covariance_is_singular(values, copies):
    repeated = np.tile(values, copies)
    quality = estimate_moments(returns_of(repeated), Spec(covariance=CovarianceMethod.SAMPLE)).quality
    singular = copies > 1 or values.shape[1] >= values.shape[0]
    assert (quality.psd_shift > 0) == singular


def test_moments_are_per_year_of_252_sessions():
    values = correlated_returns(1, 60, 3)
    spec = Spec(covariance=CovarianceMethod.SAMPLE)
    estimate = estimate_moments(returns_of(values), spec)
    np.testing.assert_allclose(estimate.expected_returns, 252 * values.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(matrix_of(estimate), 252 * np.cov(values.T), rtol=1e-12)


def test_only_the_newest_sessions_of_the_lookback_count():
    values = correlated_returns(2, 100, 3)
    whole = estimate_moments(returns_of(values), Spec(lookback=40))
    tail = estimate_moments(returns_of(values[-40:]), Spec())
    np.testing.assert_array_equal(matrix_of(whole), matrix_of(tail))


def test_the_specification_comes_back_with_its_defaults_filled_in():
    sessions = [date(2020, 1, 1) + timedelta(days=day) for day in range(40)]
    spec = estimate_moments(returns_of(correlated_returns(3, 40, 7), sessions), Spec()).spec
    assert (spec.lookback, spec.half_life, spec.factors, spec.end) == (756, 126.0, 3, sessions[-1])


@pytest.mark.parametrize(("assets", "factors"), [(1, 1), (2, 1), (9, 4), (20, 10), (500, 10)])
def test_the_default_number_of_factors_is_half_the_assets_but_one_to_ten(assets, factors):
    assert Spec().for_universe(assets).factors == factors


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (Spec(lookback=29), "lookback"),
        (Spec(lookback=40, factors=40, covariance=CovarianceMethod.PCA_FACTORS), "lookback"),
        (Spec(half_life=0.5), "half_life"),
        (Spec(factors=51, covariance=CovarianceMethod.PCA_FACTORS), "factors"),
    ],
)
def test_a_specification_that_no_returns_could_satisfy_names_its_field(spec, field):
    with pytest.raises(InvalidSpec) as refused:
        estimate_moments(returns_of(correlated_returns(4, 60, 50)), spec)
    assert refused.value.field == field
    assert field in str(refused.value)


@pytest.mark.parametrize("method", CovarianceMethod)
def test_prices_that_never_move_are_estimated_without_a_warning(method):
    spec = Spec(expected_return=ExpectedReturnMethod.SHRUNK, covariance=method)
    with np.errstate(all="raise"):
        estimate = estimate_moments(returns_of(np.zeros((40, 4))), spec)
    assert np.abs(matrix_of(estimate)).max() < 1e-12
    assert not estimate.expected_returns.any()
