"""A portfolio problem with all its limits and costs, stated in cvxpy on w or, for a ratio, on y = kw.

Homogenized (Charnes and Cooper, "Programming with linear fractional functionals", Naval Research Logistics Quarterly,
1962; Cornuejols and Tütüncü, "Optimization Methods in Finance", 2006, §8.2) every limit h becomes hk and every cost its
perspective k cost(y/k):  κ|y − k w₀|,  c|y − k w₀|^{3/2} / √k  and  b max(−y, 0).  With k = 1 all is as it was.

Diamond, S. and Boyd, S. (2016), "CVXPY: A Python-embedded modeling language for convex optimization", JMLR 17(83).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cvxpy
import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.costs import CostRates
from services.optimizer.domain.covariance import Covariance, FactorCovariance
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import OutOfTime, SolverFailed
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers import GENERAL
from services.optimizer.domain.solvers.cvar_goal import scenarios_of
from services.optimizer.domain.vectors import Index, Mask, Vector

# Its expressions have no types that would tell a checker more.
cp: Any = cvxpy

# An inaccurate answer is told by its certified gap.
ANSWERED = frozenset({cp.OPTIMAL, cp.OPTIMAL_INACCURATE, cp.USER_LIMIT})
OUT_OF_TIME = "MaxTime"
"""How a run ends that the clock stopped."""
TOLERANCES = ("tol_gap_abs", "tol_gap_rel", "tol_feas", "tol_ktratio")
SETTINGS = {"accept_unknown": True, "max_iter": 200, "max_threads": 1}


class Statement:
    """Variables and constraints; whoever aims it says what is minimized."""

    def __init__(
        self,
        problem: Problem,
        admissible: AdmissibleSet,
        rates: CostRates | None = None,
        *,
        ratio: bool = False,
        gives: Mapping[str, Any] | None = None,
    ) -> None:
        """Costs count if there are rates; each cap that `gives` names may be exceeded by what stands there."""
        self._problem, self._admissible, self._rates = problem, admissible, rates
        self._gives = gives or {}
        self._named: dict[str, Any] = {}
        self._limits: list[Any] = []
        self.scale: Any = cp.Variable(nonneg=True) if ratio else 1.0
        """k."""
        self.weights: Any = cp.Variable(admissible.assets)
        """y, which is w unless k is a variable."""
        self._bounds()
        self._rows()
        self._exposures: Any = self._factors()
        self._moved: Any = self._distances()
        self._caps()
        self.iterations = 0

    @property
    def trade(self) -> float:
        """The unit of trades in the cones of the impact: without one, small trades of many assets vanish in them."""
        return 1.0 / self._admissible.assets

    @property
    def impacted(self) -> Index:
        """The assets whose trades have an impact."""
        return np.flatnonzero(self._rates.power > 0) if self._rates is not None else np.zeros(0, dtype=np.int64)

    def limit(self, name: str, limit: Any) -> None:
        """Add a limit whose price will be asked for."""
        self._named[name] = limit
        self._limits.append(limit)

    def dual(self, name: str) -> Any:
        """The multiplier of a named limit, head and tail in a list for a cone; None if it is not there."""
        limit = self._named.get(name)
        return None if limit is None else limit.dual_value

    def variance(self, origin: Vector | None = None) -> Any:
        """(y − k origin)ᵀΣ(y − k origin)."""
        parts = self._risks(origin)
        return cp.Constant(0.0) if parts is None else cp.sum_squares(parts)

    def cvar(self, confidence: float, name: str) -> Any:
        """Rockafellar and Uryasev's α + Σ_s max(−r_sᵀy − α, 0) / ((1−β)S); the excesses' prices go by the name."""
        scenarios = scenarios_of(self._problem, confidence)
        level, beyond = cp.Variable(), cp.Variable(scenarios.shares.size, nonneg=True)
        self.limit(name, -(scenarios.returns @ self.weights) - level <= beyond)
        return level + scenarios.shares @ beyond

    def costs(self) -> Any:
        """k cost(y/k)."""
        if self._rates is None:
            return cp.Constant(0.0)
        total, impacted = self._rates.linear @ self._moved, self.impacted
        if impacted.size:
            scaled = self._power(self._moved[impacted] / self.trade, impacted.size)
            total += (self._rates.power[impacted] * self.trade**1.5) @ scaled
        lent = np.flatnonzero((self._rates.borrow > 0) & (self._admissible.lower < 0))
        if lent.size:
            total += self._rates.borrow[lent] @ cp.neg(self.weights[lent])
        return total

    def run(self, cost: Any, control: Control, tolerance: float) -> str:
        """Minimize; how it ended, as Clarabel names it. Raises OutOfTime, Cancelled or SolverFailed."""
        program = cp.Problem(cp.Minimize(cost), self._limits)
        settings = {**SETTINGS, **dict.fromkeys(TOLERANCES, tolerance)}
        compiled, chain, inverse = program.get_problem_data(cp.CLARABEL, ignore_dpp=True, solver_opts=settings)
        control.check()
        seconds = control.seconds_left()
        if seconds <= 0:
            raise OutOfTime("the time ran out while the problem was stated")
        timed = {**settings, "time_limit": seconds}
        answer = chain.solve_via_data(program, compiled, warm_start=False, verbose=False, solver_opts=timed)
        control.check()
        self.iterations, ended = int(answer.iterations), str(answer.status)
        solution = chain.invert(answer, inverse)
        if solution.status not in ANSWERED:
            raise SolverFailed(GENERAL, f"{ended} after {self.iterations} iterations")
        program.unpack(solution)
        return ended

    def found(self) -> Vector:
        """w."""
        return np.asarray(self.weights.value / (self.scale if isinstance(self.scale, float) else self.scale.value))

    def _bounds(self) -> None:
        lower, upper = self._admissible.lower, self._admissible.upper
        pinned, free = np.flatnonzero(lower == upper), np.flatnonzero(lower < upper)
        if pinned.size:
            # Two inequalities would leave the interior-point method no interior.
            self._limits.append(self.weights[pinned] == lower[pinned] * self.scale)
        if free.size:
            self._limits.append(self.weights[free] >= lower[free] * self.scale)
            self._limits.append(self.weights[free] <= upper[free] * self.scale)

    def _rows(self) -> None:
        matrix, floor, cap = self._admissible.matrix, self._admissible.floor, self._admissible.cap
        fixed, capped, floored = kinds(self._admissible)
        if fixed.any():
            # As a difference: in a == b Python may swap the sides, and with them the multiplier's sign.
            self.limit("FIXED", matrix[fixed] @ self.weights - cap[fixed] * self.scale == 0)
        if capped.any():
            self.limit("CAPPED", matrix[capped] @ self.weights <= cap[capped] * self.scale)
        if floored.any():
            self.limit("FLOORED", matrix[floored] @ self.weights >= floor[floored] * self.scale)

    def _factors(self) -> Any:
        """Fᵀy, so that nothing is N × N; of a dense Σ = BᵀB it is By, so that B is stated but once."""
        loadings = specific_and_loadings(self._problem.moments.covariance)[1]
        if loadings.shape[1] == 0:
            return None
        exposures = cp.Variable(loadings.shape[1])
        self._limits.append(loadings.T @ self.weights == exposures)
        return exposures

    def _risks(self, origin: Vector | None) -> Any:
        """What y − k origin is exposed to, by unit of risk; None if Σ is zero."""
        specific, loadings = specific_and_loadings(self._problem.moments.covariance)
        away = self.weights if origin is None else self.weights - origin * self.scale
        parts, own = [], np.flatnonzero(specific > 0)
        if own.size:
            parts.append(cp.multiply(np.sqrt(specific[own]), away[own]))
        if self._exposures is not None:
            parts.append(self._exposures - (0.0 if origin is None else (loadings.T @ origin) * self.scale))
        return cp.hstack(parts) if parts else None

    def _distances(self) -> Any:
        """d ≥ |y − k w₀|, where turnover is limited or trades cost."""
        turnover = self._admissible.turnover
        if turnover is None and self._rates is None:
            return None
        moved, traded = cp.Variable(self._admissible.assets), self.weights - self._admissible.start * self.scale
        self._limits += [traded <= moved, -traded <= moved]
        if turnover is not None:
            self.limit("TURNOVER", 0.5 * cp.sum(moved) <= turnover * self.scale)
        return moved

    def _power(self, moved: Any, count: int) -> Any:
        """p ≥ d^{3/2} / √k by two rotated cones:  d² ≤ p q  and  q² ≤ d k."""
        power, root = cp.Variable(count), cp.Variable(count)
        self.limit("POWER", _rotated(moved, power, root))
        self.limit("ROOT", _rotated(root, moved, self.scale * np.ones(count)))
        return power

    def _caps(self) -> None:
        tail, benchmark = self._problem.constraints.max_cvar, self._problem.benchmark()
        for kind, limit in caps(self._problem, self._admissible).items():
            greatest = (limit + self._gives.get(kind, 0.0)) * self.scale
            match kind:
                case "MAX_VOLATILITY" | "MAX_TRACKING_ERROR":
                    parts = self._risks(benchmark if kind == "MAX_TRACKING_ERROR" else None)
                    if parts is not None:
                        self.limit(kind, cp.SOC(greatest, parts))
                case "MAX_CVAR" if tail is not None:
                    self.limit(kind, self.cvar(tail.confidence, "TAIL") <= greatest)
                case _:
                    self.limit(kind, cp.norm1(self.weights) <= greatest)


def _rotated(inner: Any, left: Any, right: Any) -> Any:
    """inner² ≤ left · right, element by element."""
    return cp.SOC(left + right, cp.vstack([2 * inner, left - right]), axis=0)


def specific_and_loadings(covariance: Covariance) -> tuple[Vector, Vector]:
    """D and F, N × K, with Σ = F Fᵀ + diag(D)."""
    if isinstance(covariance, FactorCovariance):
        return covariance.specific, covariance.loadings
    return np.zeros(covariance.assets), covariance.root.T


def caps(problem: Problem, admissible: AdmissibleSet) -> dict[str, float]:
    """The caps on what is no row of the set, by the type of the conflict that each would be in."""
    said = problem.constraints
    limits = {
        "MAX_VOLATILITY": problem.goal.max_volatility,
        "MAX_TRACKING_ERROR": said.max_tracking_error,
        "MAX_CVAR": None if said.max_cvar is None else said.max_cvar.max,
        "MAX_GROSS": admissible.gross,
    }
    return {kind: limit for kind, limit in limits.items() if limit is not None}


def kinds(admissible: AdmissibleSet) -> tuple[Mask, Mask, Mask]:
    """Which rows are equalities, which have a cap only to press on, which a floor."""
    fixed = admissible.floor == admissible.cap
    return fixed, np.isfinite(admissible.cap) & ~fixed, np.isfinite(admissible.floor) & ~fixed
