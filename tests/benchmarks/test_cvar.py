"""The comparison of CVaR solvers compares what is alike."""

from __future__ import annotations

import pytest

from benchmarks import cvar


@pytest.mark.parametrize("name", [name for name in cvar.SOLVERS if name != "qpo"])
def test_every_library_finds_our_cvar(name: str) -> None:
    ours, theirs = (cvar.measure(each, 12, 60, 0.0) for each in ("qpo", name))
    assert theirs["cvar"] == pytest.approx(ours["cvar"], rel=cvar.SAME)
    assert theirs["cpu"] > 0
