"""The array types of the domain."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Index: TypeAlias = NDArray[np.int64]


def vector(values: ArrayLike) -> Vector:
    """A float64 array in C order, without negative zeros: −0 and 0 are the same number and must hash alike."""
    return np.ascontiguousarray(values, dtype=np.float64) + 0.0


def compilable(values: ArrayLike) -> Vector:
    """A float64 array in C order that may be written, copied if need be.

    Compiled code is made for types, and a read-only array is a type of its own: it would be compiled for once more,
    half a minute in the middle of a solve.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.float64 and values.flags.carray:
        return values
    return np.require(values, dtype=np.float64, requirements=("C", "W"))
