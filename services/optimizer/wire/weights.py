"""Weights as protobuf writes them: of a universe the form is kept, and hundreds of numbers are set in it at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from qpo.optimizer.v1 import optimization_pb2 as pb

from services.optimizer.domain.vectors import Index, Vector

_WIDTH = 8  # bytes of a double, with which an entry ends


def weights_on_wire(symbols: tuple[str, ...], weights: Vector) -> bytes:
    """An OptimizationResult that has weights alone, serialized."""
    form, places = _form(symbols)
    written = form.copy()
    written[places] = weights.astype("<f8", copy=False).view(np.uint8).reshape(-1, _WIDTH)
    return written.tobytes()


@lru_cache(maxsize=8)
def _form(symbols: tuple[str, ...]) -> tuple[NDArray[np.uint8], Index]:
    """All entries, each of any weight, and where in them the weights' bytes are, as (N, 8)."""
    entries = [pb.OptimizationResult(weights={symbol: 1.0}).SerializeToString() for symbol in symbols]
    ends = np.cumsum([len(entry) for entry in entries], dtype=np.int64)
    return np.frombuffer(b"".join(entries), dtype=np.uint8), ends[:, None] + np.arange(-_WIDTH, 0)
