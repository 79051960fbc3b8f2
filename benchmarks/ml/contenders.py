"""Who estimates what: ours from the domain of ml, and the same covariance by others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import skfolio.moments
import sklearn.covariance
import sklearn.decomposition

from services.ml.domain.covariance import Covariance
from services.ml.domain.estimate import estimate_moments
from services.ml.domain.form import Form, written
from services.ml.domain.history import Returns
from services.ml.domain.ledoit_wolf import ledoit_wolf
from services.ml.domain.pca import pca_factors
from services.ml.domain.rmt import edge, rmt_denoised
from services.ml.domain.sample import sample_covariance
from services.ml.domain.spec import DEFAULT_HALF_LIFE, CovarianceMethod, Spec
from services.ml.domain.weights import exponential_weights

Array = npt.NDArray[np.float64]
Contender = Callable[[Array], object]
FACTORS = 10


def returns_of(assets: int, sessions: int) -> Array:
    """Daily returns of a universe with a market, 19 lesser factors and noise; the same for the same sizes."""
    rng = np.random.default_rng(assets)
    loadings = 0.3 * rng.standard_normal((assets, 20))
    loadings[:, 0] += 1.0
    factors = 0.01 * rng.standard_normal((sessions, 20))
    return np.asarray(factors @ loadings.T + 0.015 * rng.standard_normal((sessions, assets)), dtype=np.float64)


def whole(returns: Array, method: CovarianceMethod) -> object:
    """What a call of EstimateMoments computes."""
    symbols = [f"S{column}" for column in range(returns.shape[1])]
    return estimate_moments(Returns(symbols, returns), Spec(covariance=method, lookback=len(returns), factors=FACTORS))


def weighted(returns: Array) -> Covariance:
    """Our exponentially weighted covariance."""
    return sample_covariance(returns, exponential_weights(len(returns), DEFAULT_HALF_LIFE))


def denoised_by_all_eigenpairs(returns: Array) -> Array:
    """The recipe of rmt_denoised as it is usually programmed: all eigenpairs of the N × N correlation."""
    covariance = np.cov(returns.T)
    volatilities = np.sqrt(np.diag(covariance))
    eigenvalues, directions = np.linalg.eigh(covariance / np.outer(volatilities, volatilities))
    noise = eigenvalues <= edge(returns.shape[1], len(returns))
    eigenvalues[noise] = eigenvalues[noise].mean()
    return np.asarray((directions * eigenvalues) @ directions.T * np.outer(volatilities, volatilities))


# By method and then by name; `ours` answers in the estimator's own form, `ours_dense` in N × N as all others do.
# Last, `ours_whole`: the window, μ, Σ and what is said of its quality.
CONTENDERS: Mapping[str, Mapping[str, Contender]] = {
    "ledoit_wolf": {
        "ours": ledoit_wolf,
        "ours_dense": lambda returns: written(ledoit_wolf(returns)[0], Form.DENSE),
        "sklearn": sklearn.covariance.ledoit_wolf,
        "skfolio": lambda returns: skfolio.moments.LedoitWolf().fit(returns),
        "ours_whole": lambda returns: whole(returns, CovarianceMethod.LEDOIT_WOLF),
    },
    "rmt_denoised": {
        "ours": rmt_denoised,
        "ours_dense": lambda returns: written(rmt_denoised(returns)[0], Form.DENSE),
        "full_eigh": denoised_by_all_eigenpairs,
        "skfolio": lambda returns: skfolio.moments.DenoiseCovariance().fit(returns),
        "ours_whole": lambda returns: whole(returns, CovarianceMethod.RMT_DENOISED),
    },
    "exponential": {
        "ours": weighted,
        "ours_dense": lambda returns: written(weighted(returns), Form.DENSE),
        "skfolio": lambda returns: skfolio.moments.EWCovariance(half_life=DEFAULT_HALF_LIFE).fit(returns),
        "ours_whole": lambda returns: whole(returns, CovarianceMethod.EXPONENTIAL),
    },
    # skfolio has no principal components of the returns themselves; scikit-learn, which it would ask, does.
    "pca_factors": {
        "ours": lambda returns: pca_factors(returns, FACTORS),
        "ours_dense": lambda returns: written(pca_factors(returns, FACTORS).covariance, Form.DENSE),
        "sklearn": lambda returns: sklearn.decomposition.PCA(FACTORS, random_state=0).fit(returns),
        "sklearn_full": lambda returns: sklearn.decomposition.PCA(FACTORS, svd_solver="full").fit(returns),
        "ours_whole": lambda returns: whole(returns, CovarianceMethod.PCA_FACTORS),
    },
}
