"""Every estimator is its dense formula, however many assets and sessions there are and whatever they repeat."""

import numpy as np
import pytest
import sklearn.covariance

from services.ml.domain.ledoit_wolf import ledoit_wolf
from services.ml.domain.rmt import rmt_denoised
from services.ml.domain.sample import sample_covariance
from services.ml.domain.settled import settled
from services.ml.domain.weights import exponential_weights, uniform_weights

from .strategies import correlated_returns, dense
from .test_rmt import by_full_decomposition

SHAPES = [(2, 1), (2, 2), (2, 5), (3, 2), (30, 1), (30, 29), (30, 30), (30, 31), (30, 200), (200, 30)]


def plain(values):
    return values


def with_one_that_never_moves(values):
    return np.column_stack([values, np.zeros(len(values))])


def with_one_held_twice(values):
    return np.column_stack([values, values[:, 0]])


UNIVERSES = pytest.mark.parametrize("universe", [plain, with_one_that_never_moves, with_one_held_twice])
EVERY_SHAPE = pytest.mark.parametrize(("sessions", "assets"), SHAPES)


def agree(found, expected):
    np.testing.assert_allclose(dense(found), expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())


@UNIVERSES
@EVERY_SHAPE
def test_the_sample_covariance(sessions, assets, universe):
    values = universe(correlated_returns(1, sessions, assets))
    agree(sample_covariance(values, uniform_weights(sessions)), np.atleast_2d(np.cov(values.T)))


@UNIVERSES
@EVERY_SHAPE
def test_the_exponentially_weighted_covariance(sessions, assets, universe):
    values = universe(correlated_returns(2, sessions, assets))
    weights = exponential_weights(sessions, 20.0)
    agree(sample_covariance(values, weights), np.atleast_2d(np.cov(values.T, aweights=weights)))


@UNIVERSES
@EVERY_SHAPE
def test_ledoit_and_wolfs(sessions, assets, universe):
    values = universe(correlated_returns(3, sessions, assets))
    theirs = sklearn.covariance.LedoitWolf().fit(values)
    found, intensity = ledoit_wolf(values)
    assert intensity == pytest.approx(theirs.shrinkage_, abs=1e-12)
    agree(found, theirs.covariance_ * sessions / (sessions - 1))


@EVERY_SHAPE
def test_the_denoised_one(sessions, assets):
    values = correlated_returns(4, sessions, assets)
    agree(rmt_denoised(values)[0], by_full_decomposition(values))


@UNIVERSES
@EVERY_SHAPE
def test_each_is_positive_definite_once_settled(sessions, assets, universe):
    values = universe(correlated_returns(5, sessions, assets))
    for found in (
        sample_covariance(values, uniform_weights(sessions)),
        ledoit_wolf(values)[0],
        rmt_denoised(values)[0],
    ):
        assert np.linalg.eigvalsh(dense(settled(found).covariance))[0] > 0
