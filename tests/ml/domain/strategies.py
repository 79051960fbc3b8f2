"""Matrices of returns for the property tests: correlated, of any shape, with a seed that hypothesis shrinks."""

import numpy as np
from hypothesis import strategies as st

from services.ml.domain.form import Form, written


def dense(covariance):
    """Σ, N × N, of either form."""
    return written(covariance, Form.DENSE).matrix


def correlated_returns(seed, sessions, assets):
    """T × N daily returns with one common factor."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0004, 0.01, (sessions, 1))
    return market * rng.uniform(0.5, 1.5, assets) + rng.normal(0.0, 0.015, (sessions, assets))


@st.composite
def return_matrices(draw, least_sessions=30, most_sessions=80, most_assets=60):
    """Both wide (N > T) and tall (T > N) matrices."""
    seed = draw(st.integers(0, 2**32 - 1))
    sessions = draw(st.integers(least_sessions, most_sessions))
    assets = draw(st.integers(1, most_assets))
    return correlated_returns(seed, sessions, assets)
