"""Where swap search misses the proven optimum: how often 256 shots hit it, with two layers and with none.

A shot hits if its choice, made exact, is the optimum. How likely one of 256 does is computed from the circuit's state,
1 − (1 − P)²⁵⁶, so that no luck is in it; the points are those where the start alone does so in three cases of ten at
most. The ratio is of means over points, its interval from resamples of the points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.figures import Figure
from benchmarks.quantum.effort import Effort
from benchmarks.quantum.instances import BUY_IN, HELD, NAMES, Instance, instances
from services.optimizer.domain.cardinality.bounded import Bounded
from services.optimizer.domain.cardinality.diagonal import OwnRisk
from services.optimizer.domain.cardinality.incumbent import Incumbents
from services.optimizer.domain.cardinality.program import Choice
from services.optimizer.domain.cardinality.sampling.landscape import Landscape, landscape
from services.optimizer.domain.cardinality.sampling.qaoa import Qaoa, trained
from services.optimizer.domain.cardinality.search import Guide, search
from services.optimizer.domain.cardinality.sharpening import sharpened
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.solvers.dual_newton import DualNewton, Program
from services.optimizer.domain.vectors import Vector

ASSETS, FACTORS = 100, 10
AMONG, LAYERS, SHOTS = 16, 2, 256
SELDOM = 0.3
NEAR = 1e-9
MOST_NODES = 20_000
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Missed:
    """A point that swap search misses, and the chances to hit it."""

    seed: int
    with_layers: float
    without: float
    within: bool
    """Whether the optimum is among the assets that are drawn from at all."""


def figures(effort: Effort) -> Iterator[Figure]:
    """Synthetic factor models, and OR-Library's DAX beside them."""
    found: list[Missed] = []
    looked = 0
    for looked in range(1, effort.looked_at + 1):
        missed = _missed(_model(looked), looked)
        if missed is not None and missed.without <= SELDOM:
            found.append(missed)
        if len(found) == effort.rescued:
            break
    yield from _told("quantum.rescue.synthetic", found, looked)
    for instance in instances(effort.library, ()):
        if instance.name == NAMES[2]:
            points = list(_points(instance, effort.points))
            tried = [_missed(choice, i) for i, choice in enumerate(points)]
            yield from _told("quantum.rescue.dax", [each for each in tried if each is not None], len(points))


def _told(name: str, found: list[Missed], looked: int) -> Iterator[Figure]:
    yield Figure(f"{name}.looked_at", looked, "1")
    yield Figure(f"{name}.points", len(found), "1")
    if not found:
        return
    yield Figure(f"{name}.within", sum(each.within for each in found), "1")
    ours, control = np.array([(each.with_layers, each.without) for each in found]).T
    yield Figure(f"{name}.hit_rate_p{LAYERS}", float(ours.mean()), "1")
    yield Figure(f"{name}.hit_rate_p0", float(control.mean()), "1")
    if control.mean() > 0:
        yield Figure(f"{name}.p{LAYERS}_over_p0", float(ours.mean() / control.mean()), "x")
        low, high = _interval(ours, control)
        yield Figure(f"{name}.p{LAYERS}_over_p0_lower", low, "x")
        yield Figure(f"{name}.p{LAYERS}_over_p0_upper", high, "x")


def _interval(ours: Vector, control: Vector) -> tuple[float, float]:
    """95 % of the ratio of means, over resamples of the points."""
    picked = np.random.default_rng(0).integers(0, ours.size, (RESAMPLES, ours.size))
    below = control[picked].mean(axis=1)
    ratios = ours[picked].mean(axis=1)[below > 0] / below[below > 0]
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)


def _missed(choice: Choice, seed: int) -> Missed | None:
    """What is to be said of a point; None if swap search finds its optimum, or nobody proves one."""
    roots: list[Bounded] = []

    def keep(_: Choice, found: Bounded, __: Incumbents) -> None:
        roots.append(found)

    swapped = search(choice, guide=Guide(enough=lambda _: -np.inf))
    if swapped.best is None:
        return None
    nodes = iter(range(MOST_NODES))
    proven = search(choice, guide=Guide(stopped=lambda: next(nodes, None) is None, draw=keep))
    if proven.stopped or proven.best is None or not roots:
        return None
    best = proven.best.value
    if swapped.best.value <= best + NEAR * abs(best):
        return None
    around = landscape(choice, roots[0], AMONG, np.random.default_rng(seed))
    if around is None:
        return None
    return _chances(around, best, seed)


def _chances(around: Landscape, best: float, seed: int) -> Missed:
    hits = around.costs <= best + NEAR * abs(best)
    circuit = Qaoa(layers=LAYERS).circuit(around)
    gammas, betas, _ = trained(circuit, LAYERS)
    trained_chances = np.abs(circuit.state(gammas, betas)) ** 2

    def of(chances: Vector) -> float:
        return 1 - (1 - min(1.0, float(chances[hits].sum()))) ** SHOTS

    return Missed(seed, of(trained_chances), of(circuit.start**2), bool(hits.any()))


def _model(seed: int) -> Choice:
    """A factor model whose assets are much alike, and an aversion to risk that makes for many small holdings.

    Swap search misses the optimum of about every second one; of easier ones, hardly any.
    """
    random = np.random.default_rng([seed, ASSETS])
    loadings = random.normal(0, 0.1, (ASSETS, FACTORS))
    loadings[:, 0] += 0.15
    program = Program(
        expected_returns=random.normal(0.06, 0.02, ASSETS),
        risk_aversion=float(np.exp(random.uniform(np.log(30), np.log(200)))),
        lower=np.zeros(ASSETS),
        upper=np.ones(ASSETS),
        floor=np.ones(1),
        cap=np.ones(1),
    )
    newton = DualNewton(loadings, random.uniform(0.15, 0.3, ASSETS) ** 2, np.ones((1, ASSETS)))
    return Choice(newton, program, np.full(ASSETS, BUY_IN), HELD)


def _points(instance: Instance, count: int) -> Iterator[Choice]:
    """Least risk for returns along the frontier."""
    from benchmarks.quantum.points import Frontier

    own = OwnRisk(DenseCovariance(instance.covariance))
    rows = np.vstack([np.ones(instance.assets), instance.mean])
    for least in Frontier(instance).returns(count)[1:]:
        program = Program(
            expected_returns=np.zeros(instance.assets),
            risk_aversion=1.0,
            lower=np.zeros(instance.assets),
            upper=np.ones(instance.assets),
            floor=np.array([1.0, least]),
            cap=np.array([1.0, np.inf]),
        )
        yield sharpened(own, _over(own, rows, program), None, lambda: False)


def _over(own: OwnRisk, rows: Vector, program: Program) -> Callable[[Vector], Choice]:
    def choice(diagonal: Vector) -> Choice:
        covariance = own.factors(diagonal)
        newton = DualNewton(covariance.loadings, covariance.specific, rows)
        return Choice(newton, program, np.full(rows.shape[1], BUY_IN), HELD)

    return choice
