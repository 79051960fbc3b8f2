"""The contract's messages to the use case's words and back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
from google.protobuf import timestamp_pb2
from google.type import date_pb2
from qpo.ml.v1 import ml_service_pb2 as pb
from qpo.types.v1 import moments_pb2

from chassis.errors import InvalidRequest
from services.ml.app.estimate_moments import Question
from services.ml.app.ports import DatasetQuery
from services.ml.domain.covariance import Covariance, Dense, Factors
from services.ml.domain.estimate import Estimate
from services.ml.domain.form import Form
from services.ml.domain.history import Returns, SymbolHistory
from services.ml.domain.spec import DEFAULT_HALF_LIFE, DEFAULT_LOOKBACK, CovarianceMethod, ExpectedReturnMethod, Spec
from services.ml.rpc.matrices import decoded, encoded

_EXPECTED_RETURN = {
    moments_pb2.EXPECTED_RETURN_METHOD_SAMPLE: ExpectedReturnMethod.SAMPLE,
    moments_pb2.EXPECTED_RETURN_METHOD_EXPONENTIAL: ExpectedReturnMethod.EXPONENTIAL,
    moments_pb2.EXPECTED_RETURN_METHOD_SHRUNK: ExpectedReturnMethod.SHRUNK,
}
_COVARIANCE = {
    moments_pb2.COVARIANCE_METHOD_SAMPLE: CovarianceMethod.SAMPLE,
    moments_pb2.COVARIANCE_METHOD_LEDOIT_WOLF: CovarianceMethod.LEDOIT_WOLF,
    moments_pb2.COVARIANCE_METHOD_EXPONENTIAL: CovarianceMethod.EXPONENTIAL,
    moments_pb2.COVARIANCE_METHOD_PCA_FACTORS: CovarianceMethod.PCA_FACTORS,
    moments_pb2.COVARIANCE_METHOD_RMT_DENOISED: CovarianceMethod.RMT_DENOISED,
}
_FORM = {pb.COVARIANCE_FORM_DENSE: Form.DENSE, pb.COVARIANCE_FORM_FACTORS: Form.FACTORS}
_EXPECTED_RETURN_NUMBER = {method: number for number, method in _EXPECTED_RETURN.items()}
_COVARIANCE_NUMBER = {method: number for number, method in _COVARIANCE.items()}


def decode(request: pb.EstimateMomentsRequest) -> Question:
    """The question; raises InvalidRequest naming the field that can't be followed."""
    spec = decode_spec(request.estimation)
    form = _FORM.get(request.form, Form.NATURAL)
    if request.WhichOneof("source") == "dataset":
        return Question(_dataset(request.dataset), spec, form, request.with_scenarios)
    if spec.end is not None:
        raise _invalid("estimation.end", "returns sent along have no dates: leave it out")
    return Question(_returns(request.returns), spec, form, request.with_scenarios)


def decode_spec(message: moments_pb2.EstimationSpec) -> Spec:
    """The specification, with the defaults that don't depend on the universe."""
    return Spec(
        expected_return=_EXPECTED_RETURN.get(message.expected_return, ExpectedReturnMethod.SAMPLE),
        covariance=_COVARIANCE.get(message.covariance, CovarianceMethod.LEDOIT_WOLF),
        lookback=message.lookback or DEFAULT_LOOKBACK,
        half_life=message.half_life or DEFAULT_HALF_LIFE,
        factors=message.factors,
        end=_date(message.end) if message.HasField("end") else None,
    )


def encode(estimate: Estimate, *, pack: bool, with_scenarios: bool = False) -> pb.EstimateMomentsResponse:
    """The answer, its covariance in the form that it has."""
    window = estimate.window
    moments = moments_pb2.Moments(
        symbols=window.symbols,
        expected_returns=estimate.expected_returns.tolist(),
        observations=len(window.values),
        start=encode_date(window.start),
        end=encode_date(window.end),
    )
    _write_covariance(moments, estimate.covariance, pack=pack)
    return pb.EstimateMomentsResponse(
        moments=moments,
        quality=_quality(estimate),
        estimation=encode_spec(estimate.spec),
        scenarios=encoded(window.values, pack=pack) if with_scenarios else None,
    )


def encode_spec(spec: Spec) -> moments_pb2.EstimationSpec:
    """The specification as it was followed."""
    return moments_pb2.EstimationSpec(
        expected_return=_EXPECTED_RETURN_NUMBER[spec.expected_return],
        covariance=_COVARIANCE_NUMBER[spec.covariance],
        lookback=spec.lookback,
        half_life=spec.half_life,
        factors=spec.factors,
        end=encode_date(spec.end),
    )


def encode_date(day: date | None) -> date_pb2.Date | None:
    """The date, or nothing."""
    return None if day is None else date_pb2.Date(year=day.year, month=day.month, day=day.day)


def _write_covariance(moments: moments_pb2.Moments, covariance: Covariance, *, pack: bool) -> None:
    """Set the oneof `covariance`."""
    match covariance:
        case Factors():
            moments.factors.loadings.CopyFrom(encoded(covariance.loadings, pack=pack))
            moments.factors.specific_variances.CopyFrom(encoded(covariance.specific, pack=pack))
        case Dense():
            moments.dense.CopyFrom(encoded(covariance.matrix, pack=pack))


def _quality(estimate: Estimate) -> pb.MomentsQuality:
    """What the estimate rests on."""
    quality = estimate.quality
    return pb.MomentsQuality(
        sessions_asked=estimate.spec.lookback,
        sessions_used=len(estimate.window.values),
        histories=[_history(history) for history in estimate.window.histories],
        covariance_shrinkage=quality.covariance_shrinkage,
        expected_return_shrinkage=quality.expected_return_shrinkage,
        condition_number=quality.condition_number,
        psd_shift=quality.psd_shift,
        explained_variance=quality.explained_variance,
        factors_kept=estimate.covariance.count if isinstance(estimate.covariance, Factors) else 0,
    )


def _history(history: SymbolHistory) -> pb.SymbolHistory:
    """What the window has of one symbol."""
    return pb.SymbolHistory(
        symbol=history.symbol,
        start=encode_date(history.start),
        observations=history.observations,
        missing=history.missing,
        short=history.short,
        stale=history.stale,
    )


def _dataset(message: pb.DatasetInput) -> DatasetQuery:
    """Which returns of a dataset."""
    as_of = _time(message.as_of) if message.HasField("as_of") else None
    return DatasetQuery(message.dataset, list(message.symbols), as_of)


def _returns(message: pb.ReturnsInput) -> Returns:
    """The returns sent along."""
    symbols = list(message.symbols)
    if message.returns.cols != len(symbols):
        raise _invalid("returns.returns.cols", f"must be the number of symbols, {len(symbols)}")
    try:
        values = decoded(message.returns)
    except ValueError as wrong:
        raise _invalid("returns.returns", str(wrong)) from wrong
    infinite = np.argwhere(np.isinf(values))
    if len(infinite):
        row, column = infinite[0].tolist()
        place = f"row {row}, column {column} ({symbols[column]})"
        raise _invalid("returns.returns.packed", f"{place} is infinite; send NaN where a return is not known")
    return Returns(symbols, values)


def _date(message: date_pb2.Date) -> date:
    """The last session asked for."""
    try:
        return date(message.year, message.month, message.day)
    except ValueError as wrong:
        raise _invalid("estimation.end", f"must be a whole date: {wrong}") from wrong


def _time(message: timestamp_pb2.Timestamp) -> datetime:
    """The knowledge time asked for."""
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as wrong:
        raise _invalid("dataset.as_of", f"must be a time: {wrong}") from wrong


def _invalid(field: str, mend: str) -> InvalidRequest:
    """The refusal of one field."""
    return InvalidRequest([(field, mend)])
