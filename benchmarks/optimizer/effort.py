"""How large the problems are, and how long they may be solved."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.scale import FULL, QUICK, Scale


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes are numbers of assets; of a pair, the second is that of factors."""

    seconds: float
    """Of CPU, for which a contender solves again and again."""
    seeds: tuple[int, ...]
    """Of universes of one size, of which a figure is the median."""
    beside: tuple[int, ...]
    """Sizes at which mean-variance is solved by the libraries too."""
    alone: tuple[tuple[int, int], ...]
    """Sizes at which ours is measured beside its limit only."""
    main: int
    """The size of everything else."""
    portfolios: int
    looped: int
    """Portfolios that a solver is measured on, one after the other; of a library a fifth of them."""
    dense: tuple[int, ...]
    scenarios: tuple[tuple[int, int], ...]
    """Assets and returns of the least CVaR."""
    starts: int
    estimates: tuple[tuple[int, ...], int, int]
    """Assets, sessions and rounds of the estimators."""
    scale: Scale


FULL_EFFORT = Effort(
    seconds=2.0,
    seeds=(1, 2, 3),
    beside=(100, 500, 1000),
    alone=((500, 50), (3000, 20), (3000, 50)),
    main=500,
    portfolios=10_000,
    looped=100,
    dense=(500, 1000),
    scenarios=((100, 1000), (500, 2500)),
    starts=7,
    estimates=((500, 3000), 1000, 7),
    scale=FULL,
)
QUICK_EFFORT = Effort(
    seconds=0.01,
    seeds=(1, 2),
    beside=(30,),
    alone=((40, 3),),
    main=60,
    portfolios=40,
    looped=5,
    dense=(30,),
    scenarios=((12, 60),),
    starts=1,
    estimates=((20, 60), 40, 1),
    scale=QUICK,
)
