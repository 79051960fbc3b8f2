"""The whole estimate: window, μ, Σ, their quality, per year.

Per year means 252 sessions of uncorrelated simple returns: μ and Σ are multiplied by 252.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.ml.domain.arrays import FloatArray
from services.ml.domain.bayes_stein import bayes_stein
from services.ml.domain.covariance import Covariance
from services.ml.domain.form import Form, written
from services.ml.domain.history import Returns, Window, common_window
from services.ml.domain.ledoit_wolf import ledoit_wolf
from services.ml.domain.mean import weighted_mean
from services.ml.domain.pca import pca_factors
from services.ml.domain.rmt import rmt_denoised
from services.ml.domain.sample import sample_covariance
from services.ml.domain.settled import settled
from services.ml.domain.spec import SESSIONS_PER_YEAR, CovarianceMethod, ExpectedReturnMethod, Spec
from services.ml.domain.weights import exponential_weights, uniform_weights


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the numbers can be trusted; intensities and shares in [0, 1], `psd_shift` in variance per year."""

    covariance_shrinkage: float = 0.0
    expected_return_shrinkage: float = 0.0
    condition_number: float = 0.0
    psd_shift: float = 0.0
    explained_variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """μ (length N) and Σ per year in some form, the window and the specification they rest on, and their quality."""

    expected_returns: FloatArray
    covariance: Covariance
    window: Window
    spec: Spec
    quality: Quality

    def written(self, form: Form) -> Estimate:
        """The same estimate with Σ in a form."""
        return replace(self, covariance=written(self.covariance, form))


def estimate_moments(returns: Returns, spec: Spec) -> Estimate:
    """Estimate μ and Σ of T × N returns; Σ in the estimator's own form.

    Raises InvalidSpec if the specification cannot be followed with N assets, InsufficientHistory if too few common
    sessions are known, ReturnOutOfRange if a return is no return.
    """
    spec = spec.for_universe(len(returns.symbols)).checked()
    window = common_window(returns.last(spec.lookback), spec.sessions_needed)
    if returns.sessions:
        spec = replace(spec, end=returns.sessions[-1])
    mean, mean_shrinkage = _expected_returns(window.values, spec)
    covariance, quality = _covariance(window.values, spec)
    quality = replace(quality, expected_return_shrinkage=mean_shrinkage)
    return Estimate(SESSIONS_PER_YEAR * mean, covariance, window, spec, quality)


def _expected_returns(returns: FloatArray, spec: Spec) -> tuple[FloatArray, float]:
    """μ̂ per session and its shrinkage."""
    match spec.expected_return:
        case ExpectedReturnMethod.SHRUNK:
            return bayes_stein(returns)
        case ExpectedReturnMethod.EXPONENTIAL:
            return weighted_mean(returns, exponential_weights(len(returns), spec.half_life)), 0.0
        case ExpectedReturnMethod.SAMPLE:
            return weighted_mean(returns, uniform_weights(len(returns))), 0.0


def _covariance(returns: FloatArray, spec: Spec) -> tuple[Covariance, Quality]:
    """Σ̂ per year, safe from rounding, and its quality."""
    estimated, quality = _estimated(returns, spec)
    safe = settled(estimated.scaled(SESSIONS_PER_YEAR))
    return safe.covariance, replace(quality, condition_number=safe.condition_number, psd_shift=safe.shift)


def _estimated(returns: FloatArray, spec: Spec) -> tuple[Covariance, Quality]:
    """Σ̂ per session as the estimator gives it, and what the estimator says of it."""
    match spec.covariance:
        case CovarianceMethod.PCA_FACTORS:
            model = pca_factors(returns, spec.factors)
            return model.covariance, Quality(explained_variance=model.explained)
        case CovarianceMethod.RMT_DENOISED:
            denoised, explained = rmt_denoised(returns)
            return denoised, Quality(explained_variance=explained)
        case CovarianceMethod.LEDOIT_WOLF:
            shrunk, intensity = ledoit_wolf(returns)
            return shrunk, Quality(covariance_shrinkage=intensity)
        case CovarianceMethod.EXPONENTIAL:
            weights = exponential_weights(len(returns), spec.half_life)
        case CovarianceMethod.SAMPLE:
            weights = uniform_weights(len(returns))
    return sample_covariance(returns, weights), Quality()
