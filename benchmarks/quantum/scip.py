"""Two points of a frontier beside SCIP's second-order-cone model of the same, each until it is proven or capped."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.quantum.effort import Effort
from benchmarks.quantum.instances import BUY_IN, HELD, NAMES, instances
from benchmarks.quantum.points import Frontier
from benchmarks.rivals.scip_choice import least_risk

PLACES = (0.5, 0.8)
"""f: 0 is the greatest return, 1 the least risk."""


def figures(effort: Effort) -> Iterator[Figure]:
    """On DAX, if it is there; on a synthetic instance of its size otherwise."""
    there = {each.name: each for each in instances(effort.library, effort.sizes[:2])}
    instance = there.get(NAMES[2]) or list(there.values())[-1]
    frontier = Frontier(instance)
    greatest, *_, least = frontier.returns(3)
    frontier.solve(0.5 * (greatest + least))
    for place in PLACES:
        name = f"quantum.scip.{instance.name}.f{round(100 * place)}"
        wanted = greatest + place * (least - greatest)
        ours = frontier.solve(wanted)
        theirs = least_risk(instance.covariance, instance.mean, wanted, HELD, BUY_IN, effort.scip_seconds)
        yield Figure(f"{name}.qpo.cpu", 1e3 * ours.seconds, "ms")
        yield Figure(f"{name}.qpo.gap", max(0.0, ours.gap), "1")
        yield Figure(f"{name}.scip.cpu", 1e3 * theirs.seconds, "ms")
        yield Figure(f"{name}.scip.gap", theirs.gap, "1")
        yield Figure(f"{name}.scip.variance_over_qpo", theirs.variance / ours.variance, "1")
        ratio = f"{name}.scip_over_qpo"
        yield Figure(ratio if theirs.proven else f"{ratio}_at_least", theirs.seconds / ours.seconds, "x")
