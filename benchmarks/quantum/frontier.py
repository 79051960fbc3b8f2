"""The frontier with at most ten assets held: how much risk the limit costs, what is proven, and how long it takes.

`d` is the mean excess of variance over the frontier without the limit, in percent (Schaerf 2002). `first` is the first
choice with its bound, once the covariance's own diagonal is known.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.quantum.effort import Effort
from benchmarks.quantum.instances import Instance, instances
from benchmarks.quantum.points import Frontier


def figures(effort: Effort) -> Iterator[Figure]:
    """Instance by instance."""
    for instance in instances(effort.library, effort.sizes):
        yield from _told(instance, effort)


def _told(instance: Instance, effort: Effort) -> Iterator[Figure]:
    name, frontier = f"quantum.frontier.{instance.name}", Frontier(instance)
    returns = frontier.returns(effort.points if instance.assets <= effort.wholly else effort.some_points)
    free = [frontier.solve(each, None) for each in returns]
    frontier.solve(returns[len(returns) // 2])
    found = [frontier.solve(each, seconds=effort.seconds) for each in returns]
    yield Figure(f"{name}.points", len(returns), "1")
    yield Figure(f"{name}.proven", sum(each.proven for each in found), "1")
    excess = [few.variance / all_of_them.variance - 1 for few, all_of_them in zip(found, free, strict=True)]
    yield Figure(f"{name}.d", 100 * statistics.fmean(excess), "1")
    yield Figure(f"{name}.gap_worst", max(0.0, *(each.gap for each in found)), "1")
    times = [1e3 * each.seconds for each in found]
    yield Figure(f"{name}.cpu_mean", statistics.fmean(times), "ms")
    yield Figure(f"{name}.cpu_median", statistics.median(times), "ms")
    yield Figure(f"{name}.cpu_worst", max(times), "ms")
    yield Figure(f"{name}.nodes_mean", statistics.fmean(each.solved.iterations for each in found), "1")
    firsts = [1e3 * each.first for each in found if each.first is not None]
    yield Figure(f"{name}.first.cpu_median", statistics.median(firsts), "ms")
    gaps = [each.first_gap for each in found if each.first_gap is not None]
    yield Figure(f"{name}.first.gap_median", max(0.0, statistics.median(gaps)), "1")
    who = Counter(each.solved.selection.found_by for each in found if each.solved.selection is not None)
    yield from (Figure(f"{name}.found_by.{by}", count, "1") for by, count in sorted(who.items()))
