import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ml.domain.covariance import Factors
from services.ml.domain.lanczos import largest_eigenvalue
from services.ml.domain.settled import LEAST_SPECIFIC_SHARE, settled
from services.ml.domain.spectrum import factor_extremes

from .strategies import correlated_returns


@st.composite
def factor_models(draw):
    """Specific variances over up to eight orders of magnitude, some of them equal, and any number of factors."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    assets = draw(st.integers(1, 80))
    loadings = rng.normal(0, draw(st.sampled_from([0.0, 1e-6, 1.0, 100.0])), (assets, draw(st.integers(0, 90))))
    return Factors(loadings, 10.0 ** np.round(rng.uniform(-draw(st.integers(0, 8)), 0, assets)))


@given(factor_models())
def test_the_factor_form_and_the_dense_form_have_the_same_extreme_eigenvalues(covariance):
    eigenvalues = np.linalg.eigvalsh(covariance.matrix())
    smallest, largest = factor_extremes(covariance)
    assert largest == pytest.approx(eigenvalues[-1], rel=2e-8)
    assert smallest == pytest.approx(eigenvalues[0], rel=1e-6, abs=1e-13 * eigenvalues[-1])


@pytest.mark.parametrize("assets", [50, 1000])
def test_extreme_eigenvalues_are_found_where_all_specific_variances_are_equal(assets):
    smallest, largest = factor_extremes(Factors(np.ones((assets, 1)), np.full(assets, 0.25)))
    assert (smallest, largest) == (pytest.approx(0.25), pytest.approx(assets + 0.25))


def test_extreme_eigenvalues_of_many_assets_agree_with_the_dense_ones():
    rng = np.random.default_rng(3)
    covariance = Factors(rng.normal(0, 0.2, (900, 25)), rng.uniform(0.01, 0.3, 900))
    eigenvalues = np.linalg.eigvalsh(covariance.matrix())
    assert factor_extremes(covariance) == (pytest.approx(eigenvalues[0], rel=1e-6), pytest.approx(eigenvalues[-1]))


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_lanczos_finds_the_largest_eigenvalue_and_never_more(assets, rank, seed):
    root = np.random.default_rng(seed).normal(size=(rank, assets))
    matrix = root.T @ root
    found, exact = largest_eigenvalue(lambda v: matrix @ v, assets), np.linalg.eigvalsh(matrix)[-1]
    assert found == pytest.approx(exact, rel=1e-12)


def test_the_largest_eigenvalue_of_nothing_is_zero():
    assert largest_eigenvalue(np.zeros_like, 5) == 0.0


@pytest.mark.parametrize("copies", [1, 3])
def test_a_singular_factor_form_is_raised_to_the_least_share_of_the_mean_variance(copies):
    loadings = np.tile(correlated_returns(1, 30, 50), copies).T
    safe = settled(Factors(loadings, np.zeros(len(loadings))))
    assert safe.shift == pytest.approx(LEAST_SPECIFIC_SHARE * np.square(loadings).sum(axis=1).mean())
    np.testing.assert_allclose(safe.covariance.specific, safe.shift)


def test_a_factor_form_with_enough_of_its_own_is_left_as_it_is():
    safe = settled(Factors(np.ones((3, 1)), np.full(3, 0.5)))
    assert safe.shift == 0.0
    assert safe.condition_number == pytest.approx(7.0)
