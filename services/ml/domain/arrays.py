"""Arrays of float64, and how they are read from packed bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def unpacked(data: bytes, rows: int, cols: int) -> FloatArray:
    """The rows × cols matrix that stands in `data` as little-endian float64, row by row; ValueError if sizes differ."""
    if len(data) != 8 * rows * cols:
        raise ValueError(f"{rows} × {cols} values take {8 * rows * cols} bytes, not {len(data)}")
    return np.frombuffer(data, dtype="<f8").astype(np.float64, copy=False).reshape(rows, cols)


def packed(values: FloatArray) -> bytes:
    """The values as little-endian float64, row by row."""
    return np.ascontiguousarray(values, dtype="<f8").tobytes()
