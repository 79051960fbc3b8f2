"""Whatever finite returns are sent, the answer is numbers: nothing overflows, turns NaN or fails to converge."""

import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from services.ml.domain.covariance import Factors
from services.ml.domain.estimate import estimate_moments
from services.ml.domain.history import LARGEST_RETURN, Returns
from services.ml.domain.spec import CovarianceMethod, ExpectedReturnMethod, Spec

from .strategies import dense

NUMBERS = st.floats(-LARGEST_RETURN, LARGEST_RETURN) | st.sampled_from([0.0, 5e-324, 1e-160, 1e-30, 1e-8, 0.01, 1e6])


@st.composite
def any_returns(draw):
    """Few distinct rows and columns, so that equal, constant and dependent ones are common."""
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    seeds = draw(arrays.arrays(np.float64, shape, elements=NUMBERS))
    rows = draw(st.lists(st.integers(0, shape[0] - 1), min_size=30, max_size=40))
    columns = draw(st.lists(st.integers(0, shape[1] - 1), min_size=1, max_size=50))
    return seeds[np.ix_(rows, columns)]


@given(
    any_returns(),
    st.sampled_from(ExpectedReturnMethod),
    st.sampled_from(CovarianceMethod),
    st.floats(1, 50000),
)
def test_any_finite_returns_give_finite_moments_and_qualities_in_range(values, mean, covariance, half_life):
    returns = Returns([f"S{column}" for column in range(values.shape[1])], values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate = estimate_moments(returns, Spec(mean, covariance, half_life=half_life))
    quality, sigma = estimate.quality, estimate.covariance
    assert np.isfinite(dense(sigma)).all()
    assert np.isfinite(estimate.expected_returns).all()
    assert 0 <= quality.condition_number < np.inf
    assert quality.psd_shift >= 0
    shares = (quality.covariance_shrinkage, quality.expected_return_shrinkage, quality.explained_variance)
    assert all(0 <= share <= 1 for share in shares)
    assert not isinstance(sigma, Factors) or (sigma.specific > 0).all()
