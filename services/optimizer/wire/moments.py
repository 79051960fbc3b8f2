"""Moments and matrices: qpo.types.v1 to the domain. What does not fit together is told by field."""

from __future__ import annotations

import numpy as np
from qpo.types.v1 import matrix_pb2, moments_pb2

from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance
from services.optimizer.domain.errors import InvalidProblem, Violation
from services.optimizer.domain.moments import Estimation, Moments
from services.optimizer.domain.vectors import Vector, vector
from services.optimizer.wire.dates import from_date


def from_moments(
    moments: moments_pb2.Moments,
    field: str,
    estimation: Estimation | None = None,
    scenarios: matrix_pb2.Matrix | None = None,
) -> Moments:
    """Validated moments, with the returns behind them if those came along. Raises InvalidProblem, a part of `field`."""
    return Moments(
        symbols=tuple(moments.symbols),
        expected_returns=vector(moments.expected_returns),
        covariance=_covariance(moments, field),
        observations=moments.observations,
        start=from_date(moments.start, f"{field}.start") if moments.HasField("start") else None,
        end=from_date(moments.end, f"{field}.end") if moments.HasField("end") else None,
        estimation=estimation,
        scenarios=None if scenarios is None else _scenarios(scenarios, len(moments.symbols), f"{field}.scenarios"),
    )


def from_matrix(matrix: matrix_pb2.Matrix, field: str) -> Vector:
    """A matrix as rows × cols."""
    rows, cols = matrix.rows, matrix.cols
    if matrix.WhichOneof("values") == "packed":
        _sized(8 * rows * cols, len(matrix.packed), f"{field}.packed", "bytes")
        values = np.frombuffer(matrix.packed, dtype="<f8")
    else:
        _sized(rows * cols, len(matrix.doubles.values), f"{field}.doubles.values", "numbers")
        values = np.array(matrix.doubles.values, dtype=np.float64)
    return vector(values.reshape(rows, cols))


def _covariance(moments: moments_pb2.Moments, field: str) -> Covariance:
    count = len(moments.symbols)
    form = moments.WhichOneof("covariance")
    if form == "dense":
        dense = from_matrix(moments.dense, f"{field}.dense")
        _shaped(dense, (count, count), f"{field}.dense")
        return DenseCovariance(dense)
    if form == "factors":
        loadings = from_matrix(moments.factors.loadings, f"{field}.factors.loadings")
        _shaped(loadings, (count, loadings.shape[1]), f"{field}.factors.loadings")
        specific = from_matrix(moments.factors.specific_variances, f"{field}.factors.specific_variances")
        _sized(count, specific.size, f"{field}.factors.specific_variances", "numbers")
        return FactorCovariance(loadings, specific.reshape(-1))
    raise InvalidProblem([Violation(f"{field}.dense", "send the covariance: dense, or factors")])


def _scenarios(matrix: matrix_pb2.Matrix, count: int, field: str) -> Vector:
    """T × N returns; T is theirs to choose."""
    values = from_matrix(matrix, field)
    _shaped(values, (len(values), count), field)
    return values


def _shaped(matrix: Vector, shape: tuple[int, int], field: str) -> None:
    if matrix.shape != shape:
        wanted, found = f"{shape[0]} × {shape[1]}", f"{matrix.shape[0]} × {matrix.shape[1]}"
        raise InvalidProblem([Violation(field, f"must be {wanted}, in the order of symbols, not {found}")])


def _sized(wanted: int, found: int, field: str, unit: str) -> None:
    if wanted != found:
        raise InvalidProblem([Violation(field, f"must have {wanted} {unit}, not {found}")])
