import numpy as np
import pytest
import sklearn.covariance
from hypothesis import given

from services.ml.domain.covariance import Dense, Factors
from services.ml.domain.ledoit_wolf import ledoit_wolf

from .strategies import correlated_returns, dense, return_matrices


@given(return_matrices())
def test_the_estimate_is_scikit_learns_times_t_over_t_minus_one(values):
    sessions = len(values)
    theirs = sklearn.covariance.LedoitWolf().fit(values)
    ours, intensity = ledoit_wolf(values)
    expected = theirs.covariance_ * sessions / (sessions - 1)
    assert abs(intensity - theirs.shrinkage_) <= 1e-12
    np.testing.assert_allclose(dense(ours), expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


def test_unlimited_data_need_no_shrinkage():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(50_000, 3)) * [1.0, 2.0, 3.0]
    assert ledoit_wolf(values)[1] < 1e-3


def test_a_wide_matrix_of_noise_is_shrunk_nearly_all_the_way():
    assert ledoit_wolf(np.random.default_rng(1).normal(size=(40, 400)))[1] > 0.9


@pytest.mark.parametrize(("sessions", "assets", "form"), [(40, 40, Dense), (40, 41, Factors)])
def test_more_assets_than_sessions_are_kept_as_the_sessions_and_one_variance(sessions, assets, form):
    found, _ = ledoit_wolf(correlated_returns(2, sessions, assets))
    assert type(found) is form
    if form is Factors:
        assert found.loadings.shape == (assets, sessions)
        assert np.ptp(found.specific) == 0.0


@pytest.mark.parametrize("assets", [1, 2, 5])
def test_two_sessions_are_enough_for_the_formula(assets):
    values = correlated_returns(2, 2, assets)
    theirs = sklearn.covariance.LedoitWolf().fit(values)
    ours, intensity = ledoit_wolf(values)
    assert intensity == pytest.approx(theirs.shrinkage_, abs=1e-12)
    np.testing.assert_allclose(dense(ours), 2 * theirs.covariance_, rtol=1e-12)
