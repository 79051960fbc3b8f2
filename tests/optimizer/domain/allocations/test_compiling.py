"""The compiled half and what stands in for it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import numpy as np
import pytest

from services.optimizer.domain.allocations import compiling
from services.optimizer.domain.allocations.hierarchy import hierarchical_risk_parity
from services.optimizer.domain.allocations.risk_budgeting import risk_budgeting
from services.optimizer.domain.covariance import FactorCovariance
from tests.optimizer.domain.allocations.universes import covariance


@pytest.fixture(params=[ImportError, RuntimeError])
def without_numba(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """numba isn't there, or has nowhere to keep what it compiled."""

    def refuse(name: str) -> None:
        raise request.param(name)

    with monkeypatch.context() as patch:
        patch.setattr(importlib, "import_module", refuse)
        compiling.kernel.cache_clear()
        yield
    compiling.kernel.cache_clear()


@pytest.mark.usefixtures("without_numba")
def test_without_numba_the_plain_way_answers() -> None:
    of = covariance(10)
    assert compiling.compile_all() is False
    assert risk_budgeting(of).weights.tolist() == risk_budgeting(of, plain=True).weights.tolist()
    assert hierarchical_risk_parity(of).weights.tolist() == hierarchical_risk_parity(of, plain=True).weights.tolist()


def test_what_is_compiled_does_what_is_written() -> None:
    kernel = compiling.kernel()
    assert kernel is not None
    assert compiling.compile_all()
    of, b, starts = covariance(7), np.full(7, 1 / 7), [np.ones(7) for _ in range(4)]
    assert isinstance(of, FactorCovariance)
    for sweep, inputs, pair in (
        (kernel.descend_factors, (of.loadings, of.specific, b), starts[:2]),
        (kernel.descend_dense, (of.full(), b), starts[2:]),
    ):
        assert sweep(*inputs, pair[0]) == sweep.py_func(*inputs, pair[1])
        assert pair[0] == pytest.approx(pair[1], rel=1e-12)
    scale, order = 1 / np.sqrt(of.variances), np.array([3, 1, 0, 6, 5, 2, 4])
    assert kernel.distances(of.full(), scale) == pytest.approx(kernel.distances.py_func(of.full(), scale), abs=1e-14)
    assert kernel.bisect(of.full(), order) == pytest.approx(kernel.bisect.py_func(of.full(), order), abs=1e-14)
