"""Scenario generation: solve over a few scenarios, let in those whose loss exceeds α, and go on until there are none.

Only a few times (1−β)S scenarios ever enter. The program over them is a relaxation, so that its multipliers certify a
bound in every round, and its weights are admissible, so that they are an answer if the time runs out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.engine import Control, Progress, relative_gap
from services.optimizer.domain.errors import OutOfTime, SolverFailed
from services.optimizer.domain.problem import DEFAULT_GAP
from services.optimizer.domain.result import Solved
from services.optimizer.domain.solvers.cvar.goals import Certificate, CvarGoal, CvarSolved
from services.optimizer.domain.solvers.cvar.live_program import ENGINE, ClockStopped, LiveProgram, Vertex
from services.optimizer.domain.solvers.cvar.region import Region
from services.optimizer.domain.solvers.cvar.retreat import Refuge
from services.optimizer.domain.solvers.cvar.scenarios import Tail
from services.optimizer.domain.vectors import Index, Vector, vector

# How many tails' worth of the worst scenarios the first round sees, and how many more enter in a round at most.
FIRST_TAILS = 2.0
MOST_AT_ONCE = 200
# Of the size of a return: a loss must exceed α by so much to be let in.
EXCEEDS = 1e-10
ADMISSIBLE = 1e-7
# Likewise: by how much rounding may lift the CVaR of an answer over its cap.
CAP_TOLERANCE = 1e-8
# A gap that an answer may have although a smaller one was asked for.
LARGEST_GAP = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class _Incumbent:
    weights: Vector
    tail: Tail
    objective: float


class Rounds:
    """The rounds of one solve, from the scenarios that the program has already seen."""

    def __init__(self, program: LiveProgram, goal: CvarGoal, control: Control, gap_target: float) -> None:
        self._program = program
        self._goal = goal
        self._control = control
        self._gap_target = gap_target
        self._began = control.clock()
        self._iterations = program.iterations
        self._refuge: Refuge | None = None
        self._incumbent: _Incumbent | None = None
        self._certificate: Certificate | None = None
        self._clock_stopped = False

    def solve(self) -> CvarSolved:
        """Run them. Raises Empty, OutOfTime, Cancelled or SolverFailed."""
        self._goal.state(self._program)
        guess = _guess(self._program.region)
        losses = self._program.scenarios.losses(guess)
        if not self._program.entered.any():
            self._program.enter(worst_first(losses, self._program.scenarios.shares))
        if self._goal.cap < np.inf and self._keeps(guess, self._program.scenarios.tail_of(losses)):
            self._refuge = Refuge(guess, losses)
        while self._another():
            pass
        return self._answer()

    def _another(self) -> bool:
        """One round; whether there is to be one more."""
        if self._control.seconds_left() <= 0:
            self._clock_stopped = True
            return False
        try:
            vertex = self._program.run(self._control)
        except ClockStopped:
            self._clock_stopped = True
            return False
        losses = self._program.scenarios.losses(vertex.weights)
        self._judge(vertex, losses)
        missing = self._missing(losses, vertex.alpha)
        if missing.size == 0 or self._good_enough():
            return False
        self._program.enter(missing)
        return True

    def _judge(self, vertex: Vertex, losses: Vector) -> None:
        """Keep the vertex if it is the best yet, and its bound if it is the tightest; report."""
        certificate = self._goal.certificate(vertex, self._program.region, self._program.scenarios)
        if self._certificate is None or not self._better(certificate.bound, self._certificate.bound):
            self._certificate = certificate
        weights, tail = vertex.weights, self._program.scenarios.tail_of(losses)
        if tail.cvar > self._largest and self._refuge is not None:
            back = self._refuge.nearest(weights, losses, self._program.scenarios, self._goal.cap)
            weights, tail = back or (weights, tail)
        objective = self._goal.objective(weights, tail)
        worse = self._incumbent is not None and self._better(self._incumbent.objective, objective)
        if not worse and self._keeps(weights, tail):
            self._incumbent = _Incumbent(weights, tail, objective)
        if self._incumbent is not None:
            self._control.report(self._progress(self._incumbent, self._certificate))

    def _better(self, one: float, other: float) -> bool:
        return one > other if self._goal.maximizes else one < other

    @property
    def _largest(self) -> float:
        return self._goal.cap + CAP_TOLERANCE * self._program.scenarios.scale

    def _keeps(self, weights: Vector, tail: Tail) -> bool:
        return tail.cvar <= self._largest and self._program.region.violation(weights) <= ADMISSIBLE

    def _progress(self, incumbent: _Incumbent, certificate: Certificate) -> Progress:
        return Progress(
            self._program.iterations - self._iterations,
            incumbent.objective,
            certificate.bound,
            relative_gap(incumbent.objective, certificate.bound),
            1e3 * (self._control.clock() - self._began),
        )

    def _missing(self, losses: Vector, alpha: float) -> Index:
        """The scenarios outside whose loss exceeds α, the worst first."""
        program = self._program
        outside = ~program.entered & (program.scenarios.shares > 0)
        missing: Index = np.flatnonzero(outside & (losses > alpha + EXCEEDS * program.scenarios.scale))
        return missing[np.argsort(-losses[missing], kind="stable")][:MOST_AT_ONCE]

    def _good_enough(self) -> bool:
        """Whether a gap wider than the default was asked for, and is reached."""
        if self._gap_target <= DEFAULT_GAP or self._incumbent is None or self._certificate is None:
            return False
        return relative_gap(self._incumbent.objective, self._certificate.bound) <= 0.5 * self._gap_target

    def _answer(self) -> CvarSolved:
        incumbent, certificate = self._incumbent, self._certificate
        iterations = self._program.iterations - self._iterations
        if incumbent is None or certificate is None:
            if self._clock_stopped:
                said = f"the time ran out after {iterations} iterations, before there was an admissible answer"
                raise OutOfTime(said)
            raise SolverFailed(ENGINE, f"no admissible weights after {iterations} iterations")
        objective = incumbent.objective
        # Weights that lean out of the set by rounding may look better than the bound by as much: no gap, then.
        bound = max(certificate.bound, objective) if self._goal.maximizes else min(certificate.bound, objective)
        gap = relative_gap(objective, bound)
        if not self._clock_stopped and not gap <= max(self._gap_target, LARGEST_GAP):
            raise SolverFailed(ENGINE, f"a gap of {gap:.2g} after {iterations} iterations")
        return CvarSolved(
            Solved(incumbent.weights, objective, bound, gap, iterations, ENGINE, self._clock_stopped),
            incumbent.tail,
            certificate.multipliers,
            certificate.gross_price,
            int(self._program.entered.sum()),
            certificate.row,
        )


def worst_first(losses: Vector, shares: Vector) -> Index:
    """The worst scenarios, until they fill the tail a few times over."""
    order: Index = np.argsort(-losses, kind="stable")
    filled = np.cumsum(shares[order])
    chosen = order[: int(np.searchsorted(filled, min(FIRST_TAILS, filled[-1]))) + 1]
    return chosen[shares[chosen] > 0]


def _guess(region: Region) -> Vector:
    start = region.admissible.start
    if region.violation(start) <= ADMISSIBLE:
        return start
    equal = np.full(start.size, 1.0 / start.size)
    return vector(np.clip(equal, region.admissible.lower, region.admissible.upper))
