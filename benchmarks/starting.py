"""The mesh from nothing to ready: cold in an empty folder (initdb, migrations, keys), warm in the same again."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.scale import Scale
from benchmarks.world import settings
from stack.mesh import Mesh

_ROUNDS = 3  # at most: each takes a quarter of a minute


def figures(scale: Scale) -> Iterator[Figure]:
    """Seconds until every part answers, the edge included."""
    cold, warm = [], []
    for _ in range(min(_ROUNDS, scale.rounds)):
        with tempfile.TemporaryDirectory(prefix="qpo-bench-") as folder:
            state = Path(folder) / "state"
            cold.append(_seconds(state))
            warm.append(_seconds(state))
    yield Figure("start.cold", statistics.median(cold), "s")
    yield Figure("start.warm", statistics.median(warm), "s")


def _seconds(state: Path) -> float:
    mesh = Mesh(settings(state))
    mesh.start()
    try:
        return mesh.wait_ready()
    finally:
        mesh.stop()
