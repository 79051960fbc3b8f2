"""The leading components of many returns: exact where that is cheap, and found by a sketch where it isn't."""

import numpy as np
import pytest

from services.ml.domain import components
from services.ml.domain.components import exact_components, leading_components

from .strategies import correlated_returns

LARGE = [(520, 700), (700, 520)]


def centred(sessions, assets, factors=0, seed=1):
    """Correlated returns with so many strong factors more."""
    values = correlated_returns(seed, sessions, assets)
    rng = np.random.default_rng(seed)
    values += rng.normal(0, 0.02, (sessions, factors)) @ rng.normal(0, 1, (factors, assets))
    return values - values.mean(axis=0)


@pytest.mark.parametrize(("sessions", "assets"), LARGE)
def test_a_sketch_finds_components_that_stand_out_to_nine_digits(sessions, assets):
    values = centred(sessions, assets, factors=4)
    sketched, exact = leading_components(values, 5), exact_components(values, 5)
    np.testing.assert_allclose(
        np.abs(sketched), np.abs(exact), atol=1e-9 * np.linalg.norm(exact, axis=0).max()
    )  # fmt: skip


@pytest.mark.parametrize(("sessions", "assets"), LARGE)
def test_a_sketch_of_components_lost_in_noise_explains_nearly_as_much(sessions, assets):
    values = centred(sessions, assets)
    sketched, exact = (np.square(found(values, 20)).sum() for found in (leading_components, exact_components))
    assert 0.99 * exact <= sketched <= exact * (1 + 1e-12)


@pytest.mark.parametrize(("sessions", "assets"), LARGE)
def test_the_same_returns_have_the_same_components(sessions, assets):
    values = centred(sessions, assets)
    np.testing.assert_array_equal(leading_components(values, 3), leading_components(values.copy(), 3))


def test_permuting_the_assets_permutes_the_components_of_a_sketch():
    values = centred(520, 700, factors=3)
    order = np.random.default_rng(2).permutation(700)
    straight, permuted = leading_components(values, 4), leading_components(values[:, order], 4)
    np.testing.assert_allclose(np.abs(permuted), np.abs(straight[order]), atol=1e-9 * np.abs(straight).max())


def test_all_components_of_a_large_matrix_are_exact():
    values = centred(520, 530)
    found = leading_components(values, 519)
    np.testing.assert_allclose(found @ found.T, values.T @ values, atol=1e-11 * np.square(values).sum(axis=0).max())


@pytest.mark.parametrize(("sessions", "assets", "side"), [(30, 400, 30), (400, 30, 30)])
def test_only_the_smaller_gram_matrix_is_decomposed(monkeypatch, sessions, assets, side):
    decomposed = []
    pairs = components.leading_pairs
    monkeypatch.setattr(components, "leading_pairs", lambda gram, k: decomposed.append(gram.shape) or pairs(gram, k))
    leading_components(centred(sessions, assets), 5)
    assert decomposed == [(side, side)]
