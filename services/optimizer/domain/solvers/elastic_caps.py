"""Caps on volatility and tracking error among the limits that may give, by Clarabel:

‖B(w − b)‖ ≤ cap + r,  Σ = BᵀB
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import clarabel
import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance, FactorCovariance
from services.optimizer.domain.elastic import Elastic, ElasticProgram, Given, elastic
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import Infeasible, OutOfTime, SolverFailed
from services.optimizer.domain.infeasibility import explained
from services.optimizer.domain.limit_names import TRACKING, VOLATILITY, LimitName
from services.optimizer.domain.limits import Limit
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers import CLARABEL
from services.optimizer.domain.vectors import Vector

# Seconds that explaining may take beyond the solve that has failed.
PATIENCE = 3.0
# An interior-point method cannot tell a smaller give from none.
NOTHING = 1e-6
# What a give is rounded up by, so that it is enough.
_HAIR = 2e-7
_TIGHT = 1e-10
_SOLVED = ("Solved", "AlmostSolved")
_EMPTY = ("PrimalInfeasible", "AlmostPrimalInfeasible")


@dataclass(frozen=True, slots=True, eq=False)
class Cap:
    """One cap on a risk."""

    limit: Limit
    root: sparse.csr_array
    """B, R × N."""
    origin: Vector


@dataclass(frozen=True, slots=True, eq=False)
class ElasticCaps:
    """`Relaxed` over linear limits and caps, which stand behind them."""

    linear: Elastic
    caps: tuple[Cap, ...]

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Each by its name."""
        return (*self.linear.limits, *(cap.limit for cap in self.caps))

    def least(self, kept: Iterable[int], giving: Iterable[int], seconds: float) -> Given | None:
        """See `Elastic.least`."""
        kept, giving, count = list(kept), list(giving), len(self.linear.limits)
        caps = [index - count for index in kept if index >= count]
        plain = [index for index in giving if index < count]
        if not caps:
            found = self.linear.least(kept, plain, seconds)
            none = np.zeros(len(self.caps))
            return found and Given(np.append(found.gives, none), np.append(found.multipliers, none))
        program = self.linear.program([index for index in kept if index < count], plain)
        rise = [cap for cap in caps if cap + count in giving]
        return self._given(program, caps, rise, _run(self._stated(program, caps, rise), seconds))

    def _stated(self, program: ElasticProgram, caps: list[int], rise: list[int]) -> _Conic:
        """z = (x, r of linear limits, r of caps)."""
        width, risen = program.cost.size, len(rise)
        floors = np.flatnonzero(program.lower == 0.0)
        eye = sparse.eye_array(width + risen, format="csr")
        below = [
            sparse.hstack([program.matrix, sparse.csr_array((program.matrix.shape[0], risen))]),
            -eye[np.concatenate([floors, np.arange(width, width + risen)])],
        ]
        than, heights = [program.bound, np.zeros(floors.size + risen)], []
        for index in caps:
            cap = self.caps[index]
            head = np.zeros((1, width + risen))
            if index in rise:
                head[0, width + rise.index(index)] = -1.0
            size, assets = cap.root.shape
            body = sparse.hstack([-cap.root, sparse.csr_array((size, width + risen - assets))])
            below += [sparse.csr_array(head), body]
            than += [np.array([cap.limit.limit]), -(cap.root @ cap.origin)]
            heights.append(size + 1)
        return _Conic(
            cost=np.concatenate([program.cost, np.ones(risen)]),
            matrix=sparse.csc_array(sparse.vstack(below)),
            bound=np.concatenate(than),
            rows=program.bound.size + floors.size + risen,
            heights=heights,
        )

    def _given(
        self, program: ElasticProgram, caps: list[int], rise: list[int], found: tuple[Vector, Vector] | None
    ) -> Given | None:
        if found is None:
            return None
        x, dual = found
        width = program.cost.size
        plain = self.linear.given(program, x[:width], dual[: program.bound.size])
        gives, multipliers = np.zeros(len(self.caps)), np.zeros(len(self.caps))
        gives[rise] = np.maximum(x[width:], 0.0)
        heights = [self.caps[index].root.shape[0] + 1 for index in caps]
        heads = dual.size - sum(heights) + np.concatenate([[0], np.cumsum(heights[:-1])]).astype(np.int64)
        multipliers[caps] = dual[heads]
        every = np.append(plain.gives, gives)
        return Given(np.where(every > NOTHING, every + _HAIR, 0.0), np.append(plain.multipliers, multipliers))


@dataclass(frozen=True, slots=True, eq=False)
class _Conic:
    """min costᵀz  with  bound − matrix z  in the nonnegative cone of so many rows and second-order cones below it."""

    cost: Vector
    matrix: sparse.csc_array
    bound: Vector
    rows: int
    heights: list[int]


def _run(program: _Conic, seconds: float) -> tuple[Vector, Vector] | None:
    """z and the multipliers; None if there is no z. Raises OutOfTime or SolverFailed."""
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads, settings.time_limit = False, 1, max(seconds, 1e-3)
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _TIGHT
    cones = [clarabel.NonnegativeConeT(program.rows), *map(clarabel.SecondOrderConeT, program.heights)]
    nothing = sparse.csc_array((program.cost.size, program.cost.size))
    solver = clarabel.DefaultSolver(nothing, program.cost, program.matrix, program.bound, cones, settings)
    solution = solver.solve()
    status = str(solution.status)
    if status in _EMPTY:
        return None
    if status == "MaxTime":
        raise OutOfTime("the time ran out while looking for the limits in conflict")
    x = np.asarray(solution.x)
    if status not in _SOLVED or not bool(np.all(np.isfinite(x))):
        raise SolverFailed(CLARABEL, f"{status} while looking for the limits in conflict")
    return x, np.asarray(solution.z)


def with_reasons(problem: Problem, admissible: AdmissibleSet, error: Infeasible, control: Control) -> Infeasible:
    """Which limits keep a cap on risk from being met, if that is why there is no answer; else what was known before."""
    constraints = problem.constraints
    tail = constraints.max_cvar is not None
    caps = _caps(problem)
    if not caps and not tail:
        return error
    ends_at = min(control.ends_at, control.clock() + PATIENCE)

    def seconds_left() -> float:
        control.check()
        left = ends_at - control.clock()
        if left <= 0:
            raise OutOfTime("the time ran out while looking for the limits in conflict")
        return left

    try:
        relaxed = ElasticCaps(elastic(problem, admissible, with_tail=tail), tuple(caps))
        found = explained(relaxed, seconds_left, NOTHING)
    except (OutOfTime, SolverFailed):
        return error
    return found if found.conflicts else error


def _caps(problem: Problem) -> list[Cap]:
    volatility, tracking = problem.goal.max_volatility, problem.constraints.max_tracking_error
    root: sparse.csr_array | None = None
    caps = []
    named: tuple[tuple[LimitName, float | None, Vector], ...] = (
        (VOLATILITY, volatility, np.zeros(problem.assets)),
        (TRACKING, tracking, problem.benchmark()),
    )
    for name, limit, origin in named:
        if limit is not None:
            root = _root(problem.moments.covariance) if root is None else root
            none = sparse.csr_array((0, problem.assets))
            caps.append(Cap(Limit(name.type, name.subject, name.noun, limit, True, none), root, origin))
    return caps


def _root(covariance: Covariance) -> sparse.csr_array:
    """B with Σ = BᵀB."""
    if isinstance(covariance, FactorCovariance):
        own = sparse.diags_array(np.sqrt(covariance.specific))
        return sparse.csr_array(sparse.vstack([sparse.csr_array(covariance.loadings.T), own]))
    return sparse.csr_array(covariance.root)
