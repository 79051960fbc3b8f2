import numpy as np
import pytest
from hypothesis import given

from services.ml.domain.bayes_stein import bayes_stein
from services.ml.domain.ledoit_wolf import ledoit_wolf

from .strategies import correlated_returns, dense, return_matrices


@given(return_matrices())
def test_every_mean_moves_towards_one_centre_by_the_same_share(values):
    shrunk, intensity = bayes_stein(values)
    mean = values.mean(axis=0)
    spread = (1 - intensity) * (mean - mean.mean())
    np.testing.assert_allclose(shrunk - shrunk.mean(), spread, atol=1e-12)


def test_the_estimate_is_jorions_equation():
    values = correlated_returns(5, 300, 4)
    sessions, assets = values.shape
    mean, ones = values.mean(axis=0), np.ones(assets)
    precision = np.linalg.inv(np.cov(values.T) * (sessions - 1) / (sessions - assets - 2))
    centre = ones @ precision @ mean / (ones @ precision @ ones)
    away = mean - centre
    intensity = (assets + 2) / (assets + 2 + sessions * away @ precision @ away)
    shrunk, stated = bayes_stein(values)
    assert stated == pytest.approx(intensity, rel=1e-10)
    np.testing.assert_allclose(shrunk, (1 - intensity) * mean + intensity * centre, rtol=1e-10)


def test_means_that_are_told_apart_clearly_are_hardly_shrunk():
    values = np.random.default_rng(1).normal([0.0, 1.0, 2.0], 0.01, (2000, 3))
    assert bayes_stein(values)[1] < 1e-3


@pytest.mark.parametrize(("sessions", "assets"), [(30, 200), (60, 60), (60, 59)])
def test_where_jorions_covariance_does_not_exist_ledoit_and_wolfs_takes_its_place(sessions, assets):
    values = correlated_returns(6, sessions, assets)
    mean, ones = values.mean(axis=0), np.ones(assets)
    precision = np.linalg.inv(dense(ledoit_wolf(values)[0]))
    centre = ones @ precision @ mean / (ones @ precision @ ones)
    away = mean - centre
    shrunk, intensity = bayes_stein(values)
    assert intensity == pytest.approx((assets + 2) / (assets + 2 + sessions * away @ precision @ away), rel=1e-9)
    np.testing.assert_allclose(shrunk, (1 - intensity) * mean + intensity * centre, rtol=1e-9)


def test_a_symbol_held_twice_does_not_disturb_the_others():
    values = correlated_returns(7, 300, 4)
    shrunk, intensity = bayes_stein(np.column_stack([values, values[:, 0]]))
    assert 0 <= intensity <= 1
    assert shrunk[0] == pytest.approx(shrunk[4], rel=1e-9)
