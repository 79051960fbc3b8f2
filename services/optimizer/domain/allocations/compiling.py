"""The compiled half where there is one; the plain one gives the same answers, more slowly."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

import numpy as np

_KERNEL = "services.optimizer.domain.allocations.kernel"


@cache
def kernel() -> ModuleType | None:
    """The compiled functions; None where numba can't be imported or finds no place for its cache."""
    try:
        return importlib.import_module(_KERNEL)
    except (ImportError, RuntimeError):
        return None


def compile_all() -> bool:
    """Compile everything now, or load it from numba's cache, rather than at the first call; False without numba."""
    compiled = kernel()
    if compiled is None:
        return False
    matrix, ones = np.eye(2), np.ones(2)
    compiled.descend_factors(matrix, ones, ones / 2, ones.copy())
    compiled.descend_dense(matrix, ones / 2, ones.copy())
    compiled.distances(matrix, ones)
    compiled.bisect(matrix, np.arange(2))
    return True
