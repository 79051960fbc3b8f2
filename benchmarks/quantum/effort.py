"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.quantum.instances import SIZES


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes are numbers of assets."""

    library: str
    """The folder of OR-Library's instances; empty: synthetic ones alone."""
    sizes: tuple[int, ...] = SIZES
    points: int = 100
    """Of a frontier of at most `wholly` assets; of larger ones `some_points`."""
    wholly: int = 100
    some_points: int = 20
    seconds: float = 20.0
    """Of CPU, per point."""
    circuit: tuple[int, int, int] = (20, 10, 4)
    """n, K and p of the circuit that is timed."""
    rounds: int = 7
    rescued: int = 30
    """Points that swap search misses, and where the start alone seldom hits."""
    looked_at: int = 500
    """Points until there must be so many."""
    scip_seconds: float = 120.0


def quick(library: str) -> Effort:
    """Tells that it runs, no more."""
    return Effort(library, (20,), 5, 100, 3, 1.0, (10, 5, 2), 3, 1, 5, 5.0)
