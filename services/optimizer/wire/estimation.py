"""EstimationSpec: qpo.types.v1 to and from the domain, whose words are the contract's without their prefix."""

from __future__ import annotations

from qpo.types.v1 import moments_pb2 as pb

from services.optimizer.domain.moments import Estimation
from services.optimizer.wire.dates import from_date, to_date

_RETURNS = {
    pb.EXPECTED_RETURN_METHOD_UNSPECIFIED: "",
    pb.EXPECTED_RETURN_METHOD_SAMPLE: "sample",
    pb.EXPECTED_RETURN_METHOD_EXPONENTIAL: "exponential",
    pb.EXPECTED_RETURN_METHOD_SHRUNK: "shrunk",
}
_COVARIANCES = {
    pb.COVARIANCE_METHOD_UNSPECIFIED: "",
    pb.COVARIANCE_METHOD_SAMPLE: "sample",
    pb.COVARIANCE_METHOD_LEDOIT_WOLF: "ledoit_wolf",
    pb.COVARIANCE_METHOD_EXPONENTIAL: "exponential",
    pb.COVARIANCE_METHOD_PCA_FACTORS: "pca_factors",
    pb.COVARIANCE_METHOD_RMT_DENOISED: "rmt_denoised",
}
_RETURN_NUMBERS = {method: number for number, method in _RETURNS.items()}
_COVARIANCE_NUMBERS = {method: number for number, method in _COVARIANCES.items()}


def to_estimation(estimation: Estimation) -> pb.EstimationSpec:
    """A way to estimate, as sent."""
    return pb.EstimationSpec(
        expected_return=_RETURN_NUMBERS[estimation.expected_return],
        covariance=_COVARIANCE_NUMBERS[estimation.covariance],
        lookback=estimation.lookback,
        half_life=estimation.half_life,
        factors=estimation.factors,
        end=None if estimation.end is None else to_date(estimation.end),
    )


def from_estimation(spec: pb.EstimationSpec, field: str) -> Estimation:
    """A validated way to estimate; InvalidProblem names a part of `field` if its end is no date."""
    return Estimation(
        expected_return=_RETURNS[spec.expected_return],
        covariance=_COVARIANCES[spec.covariance],
        lookback=spec.lookback,
        half_life=spec.half_life,
        factors=spec.factors,
        end=from_date(spec.end, f"{field}.end") if spec.HasField("end") else None,
    )
