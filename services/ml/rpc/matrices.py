"""qpo.types.v1.Matrix to numpy and back."""

from __future__ import annotations

import numpy as np
from qpo.types.v1 import matrix_pb2

from services.ml.domain.arrays import FloatArray, packed, unpacked


def decoded(matrix: matrix_pb2.Matrix) -> FloatArray:
    """The rows × cols matrix; raises ValueError saying what is wrong if its values are not that many."""
    match matrix.WhichOneof("values"):
        case "packed":
            return unpacked(matrix.packed, matrix.rows, matrix.cols)
        case "doubles":
            values = np.array(matrix.doubles.values, dtype=np.float64)
            if values.size != matrix.rows * matrix.cols:
                raise ValueError(f"{matrix.rows} × {matrix.cols} are not {values.size} values")
            return values.reshape(matrix.rows, matrix.cols)
        case _:
            raise ValueError("send the values, as doubles or packed")


def encoded(values: FloatArray, *, pack: bool) -> matrix_pb2.Matrix:
    """The matrix of a 2-dimensional array; one of 1 dimension is written as a column."""
    rows, cols = values.shape if values.ndim == 2 else (len(values), 1)
    if pack:
        return matrix_pb2.Matrix(rows=rows, cols=cols, packed=packed(values))
    return matrix_pb2.Matrix(rows=rows, cols=cols, doubles=matrix_pb2.Doubles(values=values.ravel().tolist()))
