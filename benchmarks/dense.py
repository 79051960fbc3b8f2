"""Mean-variance portfolios over a dense covariance without factors: CPU of ours, of PIQP, and of one Cholesky factor.

The covariance is that of a sample of 1,500 returns. Long only with caps of 10 % and ten groups of at most 25 %, or long
and short within 5 %; cold, or warm, with expected returns that differ by 20 basis points from solve to solve. `engine`
is a whole solve, with the checks of its input and its certificate; `check` is the part of it that asks whether the
covariance is one. Each solves in a process of its own with one thread; a figure is the median of process CPU. Another
objective than PIQP's fails the run.

    python -m benchmarks.dense               all figures
    python -m benchmarks.dense NAME N BOX S  one measurement, as a child does it
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from benchmarks.apart import MOST_SECONDS, NotMeasured, apart
from benchmarks.figures import Figure
from benchmarks.scale import FULL, Scale
from services.optimizer.domain.admissible import AdmissibleSet, admissible_set
from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.engine import Control
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import CLARABEL, ChoosingEngine
from services.optimizer.domain.solvers.quadratics import Quadratic
from services.optimizer.domain.solvers.working_set.quadratics import DenseQuadratics
from services.optimizer.domain.validation import check_numbers
from services.optimizer.domain.vectors import Vector, vector

SIZES = (500, 1000)
BOXES = {"long_only": Bounds(0.0, 0.1), "long_short": Bounds(-0.05, 0.05)}
AVERSION, FACTORS, SESSIONS, GROUPS = 5.0, 20, 1500, 10
# Of objectives.
SAME = 1e-8


@dataclass(frozen=True)
class World:
    """One problem, whole and in its parts."""

    assets: int
    box: str

    @cached_property
    def problem(self) -> Problem:
        """Maximum utility at an aversion of 5."""
        random = np.random.default_rng(1)
        exposures = 0.5 * random.standard_normal((self.assets, FACTORS))
        exposures[:, 0] = 1.0 + 0.3 * random.standard_normal(self.assets)
        sizes = np.concatenate([[0.16], 0.02 + 0.10 * random.random(FACTORS - 1) / np.sqrt(np.arange(1, FACTORS))])
        own = 0.12 + 0.28 * random.random(self.assets)
        expected = 0.04 * exposures[:, 0] + 0.02 * random.standard_normal(self.assets)
        common = random.standard_normal((SESSIONS, FACTORS)) @ (exposures * sizes).T
        returns = common + random.standard_normal((SESSIONS, self.assets)) * own
        names = tuple(f"A{index:04d}" for index in range(self.assets))
        groups = tuple(Group(f"g{index}", names[index::GROUPS], None, 0.25) for index in range(GROUPS))
        moments = Moments(names, vector(expected), DenseCovariance(vector(np.cov(returns.T))))
        constraints = Constraints(default_bounds=BOXES[self.box], groups=groups)
        return Problem(moments, Goal(Objective.UTILITY, risk_aversion=AVERSION), constraints)

    @cached_property
    def admissible(self) -> AdmissibleSet:
        """Of the problem."""
        return admissible_set(self.problem)

    @property
    def covariance(self) -> DenseCovariance:
        """Σ per year."""
        found = self.problem.moments.covariance
        assert isinstance(found, DenseCovariance)
        return found

    @property
    def asked(self) -> Quadratic:
        """The quadratic program that the problem is."""
        return Quadratic(self.problem.moments.expected_returns, AVERSION)

    def utility(self, weights: Vector) -> float:
        """What is maximized."""
        return float(weights @ self.asked.linear - 0.5 * AVERSION * weights @ self.covariance.times(weights))


Solve = Callable[[], Vector]


def figures(scale: Scale = FULL) -> Iterator[Figure]:
    """CPU of each, and how many times ours, cold, another is; `scale` says for how long."""
    for box in BOXES:
        for assets in SIZES:
            cold, utility = _child("cold", assets, box, scale)
            yield Figure(f"dense.{box}.{assets}.cold.cpu", 1e3 * cold, "ms")
            for name in SOLVERS:
                if name == "cold":
                    continue
                theirs, found = _child(name, assets, box, scale)
                if name in SAME_OBJECTIVE and abs(found - utility) > SAME:
                    raise NotMeasured(f"{name} found a utility of {found:.10g} where ours is {utility:.10g}")
                yield Figure(f"dense.{box}.{assets}.{name}.cpu", 1e3 * theirs, "ms")
                if name in RIVALS:
                    yield Figure(f"dense.{box}.{assets}.{name}_over_cold", theirs / cold, "x")


def _cold(world: World) -> Solve:
    return lambda: DenseQuadratics(world.covariance, world.admissible, None).solve(world.asked).weights


def _warm(world: World) -> Solve:
    solver, turn = DenseQuadratics(world.covariance, world.admissible, None), iter(range(10**9))
    other = world.asked.linear + 0.002 * np.random.default_rng(2).standard_normal(world.assets)
    asked = (world.asked, replace(world.asked, linear=other))
    return lambda: solver.solve(asked[next(turn) % 2]).weights


def _piqp(world: World) -> Solve:
    import piqp

    of, rows = world.admissible, np.asfortranarray(world.admissible.matrix.toarray())

    def solve() -> Vector:
        solver = piqp.DenseSolver()
        budget, groups = (rows[:1], of.cap[:1]), (rows[1:], of.floor[1:], of.cap[1:])
        linear = -world.asked.linear
        solver.setup(AVERSION * world.covariance.matrix.T, linear, *budget, *groups, of.lower, of.upper)
        solver.solve()
        return np.array(solver.result.x)

    return solve


def _cholesky(world: World) -> Solve:
    from scipy.linalg import lapack

    return lambda: np.asarray(lapack.dpotrf(world.covariance.matrix.T, lower=1)[0][0])


def _check(world: World) -> Solve:
    def solve() -> Vector:
        check_numbers(world.problem)
        return np.zeros(world.assets)

    return solve


def _by(engine: ChoosingEngine) -> Callable[[World], Solve]:
    def of(world: World) -> Solve:
        def solve() -> Vector:
            control = Control(time.monotonic, time.monotonic() + MOST_SECONDS)
            return engine.solve(world.problem, control).solved.weights

        return solve

    return of


SOLVERS: Mapping[str, Callable[[World], Solve]] = {
    "cold": _cold,
    "warm": _warm,
    "piqp": _piqp,
    "cholesky": _cholesky,
    "check": _check,
    "engine": _by(ChoosingEngine()),
    "clarabel": _by(ChoosingEngine((CLARABEL,))),
}
RIVALS = ("piqp", "cholesky")
SAME_OBJECTIVE = ("piqp", "engine", "clarabel")


def _child(name: str, assets: int, box: str, scale: Scale) -> tuple[float, float]:
    """Median seconds of CPU and the utility found. Raises NotMeasured."""
    told = apart("benchmarks.dense", name, str(assets), box, seconds=scale.rounds * scale.seconds / 4)
    return told["cpu"], told["utility"]


def measure(name: str, assets: int, box: str, seconds: float) -> dict[str, float]:
    """Solve again and again for about as long; CPU in seconds, and the utility of what was found last."""
    world = World(assets, box)
    solve = SOLVERS[name](world)
    solve()
    used: list[float] = []
    weights = np.zeros(assets)
    while not used or sum(used) < seconds:
        began = time.process_time()
        weights = solve()
        used.append(time.process_time() - began)
    return {"cpu": statistics.median(used), "utility": world.utility(weights)}


def main(arguments: list[str]) -> int:
    """All figures, or one measurement for the parent."""
    if arguments:
        name, assets, box, seconds = arguments
        print(json.dumps(measure(name, int(assets), box, float(seconds))))
        return 0
    for figure in figures():
        print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
