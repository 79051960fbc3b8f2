"""What the allocations are measured against finds the same."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.allocations import RULES, SAME, SAME_WEIGHTS, Universe

SMALL = Universe(40)


@pytest.mark.parametrize("name", RULES["risk_parity"])
def test_every_library_finds_risk_parity(name: str) -> None:
    w = RULES["risk_parity"][name](SMALL)
    contributions = w * SMALL.model.times(w)
    assert contributions / contributions.sum() == pytest.approx(np.full(40, 1 / 40), rel=1e-3)


@pytest.mark.parametrize("name", RULES["hrp"])
def test_whoever_orders_leaves_as_we_do_finds_the_same_weights(name: str) -> None:
    w, ours = RULES["hrp"][name](SMALL), RULES["hrp"]["qpo"](SMALL)
    assert w.sum() == pytest.approx(1)
    assert (("hrp", name) in SAME_WEIGHTS or name == "qpo") == bool(np.abs(w - ours).max() <= SAME)
