"""The linear program of CVaR over some of the scenarios, kept alive in HiGHS's dual simplex while more enter.

    columns  x = (w, n) of the region, α, one u_s ≥ 0 for each scenario that entered
    rows     the region's, α + Σ share_s u_s ≤ cap, and  u_s + α + r_sᵀw ≥ 0  for each scenario that entered

Returns are divided by their size σ, so that α, u and the cap are in units of it. A scenario that has not entered is
left out of the sum: the program's cost is a lower bound for the whole one's.

Huangfu, Q. and Hall, J. A. J. (2018), "Parallelizing the dual revised simplex method", Mathematical Programming
Computation 10(1), 119–142.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus

from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.solvers.cvar.region import Region
from services.optimizer.domain.solvers.cvar.scenarios import Scenarios
from services.optimizer.domain.vectors import Index, Vector

ENGINE = "highs"
# Presolve and scaling cost more than they save: the rows are dense and of order one already.
_OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "solver": "simplex",
    "presolve": "off",
    "simplex_scale_strategy": 0,
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
    "small_matrix_value": 1e-12,
}
# So often a long run is asked whether it is still wanted: counted, not timed, so that its path is the same each time.
ITERATIONS_AT_ONCE = 2000
_LEAST_SECONDS = 1e-3
_NONE = np.zeros(0, dtype=np.int32)
_INFINITE = highspy.kHighsInf


class Empty(Exception):
    """The program has no point."""


class ClockStopped(Exception):
    """The time ran out within a run."""


@dataclass(frozen=True, slots=True, eq=False)
class Vertex:
    """An optimum of the live program."""

    weights: Vector
    alpha: float
    """In the unit of returns, as all the rest."""
    region_duals: Vector
    """Positive where a floor holds."""
    cap_price: float
    """η ≥ 0: of the cap on CVaR."""
    scenario_duals: Vector
    """y ≥ 0, length S; 0 for those that did not enter."""


class LiveProgram:
    """Minimize costᵀw + tail_cost · CVaR / σ over the region, subject to CVaR ≤ cap."""

    def __init__(self, region: Region, scenarios: Scenarios) -> None:
        self.region = region
        self.scenarios = scenarios
        self.entered = np.zeros(scenarios.shares.size, dtype=np.bool_)
        self.iterations = 0
        self._order = np.zeros(0, dtype=np.int64)
        self._alpha = region.matrix.shape[1]
        self._cap_row = region.matrix.shape[0]
        self._tail_cost = 0.0
        # Its wrapper's constructor has no types.
        solver: Any = highspy.Highs
        self._highs: highspy.Highs = solver()
        for option, value in _OPTIONS.items():
            self._highs.setOptionValue(option, value)
        self._state_region()

    def _state_region(self) -> None:
        matrix = self.region.matrix
        width = self._alpha + 1
        self._highs.addCols(
            width,
            np.zeros(width),
            np.append(self.region.lower, -_INFINITE),
            np.append(self.region.upper, _INFINITE),
            *(0, _NONE, _NONE, np.zeros(0)),
        )
        starts, columns = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        self._highs.addRows(self._cap_row, self.region.floor, self.region.cap, matrix.nnz, starts, columns, matrix.data)
        self._highs.addRow(-_INFINITE, _INFINITE, 1, np.array([self._alpha], dtype=np.int32), np.ones(1))

    def aim(self, cost: Vector, tail_cost: float, cap: float) -> None:
        """Say what is minimized, cost by weight, and the greatest CVaR, in the unit of returns; infinite is none."""
        self._tail_cost = tail_cost
        self._highs.changeColsCost(cost.size, np.arange(cost.size, dtype=np.int32), cost)
        own = np.arange(self._alpha, self._highs.getNumCol(), dtype=np.int32)
        shares = tail_cost * self.scenarios.shares[self._order]
        self._highs.changeColsCost(own.size, own, np.append(tail_cost, shares))
        self._highs.changeRowBounds(self._cap_row, -_INFINITE, min(cap / self.scenarios.scale, _INFINITE))

    def limit(self, row: int, floor: float) -> None:
        """Move the floor of a row of the admissible set."""
        region = self.region
        floors, scaled = region.admissible.floor.copy(), region.floor.copy()
        floors[row], scaled[row] = floor, floor / region.row_scale[row]
        self.region = replace(region, admissible=replace(region.admissible, floor=floors), floor=scaled)
        self._highs.changeRowBounds(row, scaled[row], region.cap[row])

    def enter(self, which: Index) -> None:
        """Let scenarios in: a column and a row each."""
        count, assets, first = which.size, self.region.admissible.assets, self._highs.getNumCol()
        shares, every = self.scenarios.shares[which], np.arange(count, dtype=np.int32)
        self._highs.addCols(
            count,
            self._tail_cost * shares,
            np.zeros(count),
            np.full(count, _INFINITE),
            *(count, every, np.full(count, self._cap_row, dtype=np.int32), shares),
        )
        columns = np.empty((count, assets + 2), dtype=np.int32)
        columns[:, :assets], columns[:, assets] = np.arange(assets), self._alpha
        columns[:, assets + 1] = first + every
        values = np.ones((count, assets + 2))
        np.divide(self.scenarios.returns[which], self.scenarios.scale, out=values[:, :assets])
        starts = every * (assets + 2)
        self._highs.addRows(
            count, np.zeros(count), np.full(count, _INFINITE), values.size, starts, columns.ravel(), values.ravel()
        )
        self.entered[which] = True
        self._order = np.concatenate([self._order, which])

    def run(self, control: Control) -> Vertex:
        """Solve on from where it stands. Raises Empty, ClockStopped, Cancelled or SolverFailed."""
        while True:
            control.check()
            status = self._run(control.seconds_left(), ITERATIONS_AT_ONCE)
            if status == HighsModelStatus.kUnknown:
                # Rounding led the warm simplex astray: once more from the beginning.
                self._highs.clearSolver()
                status = self._run(control.seconds_left(), ITERATIONS_AT_ONCE)
            if status == HighsModelStatus.kOptimal:
                return self._vertex()
            if status == HighsModelStatus.kInfeasible:
                raise Empty
            if status == HighsModelStatus.kTimeLimit:
                raise ClockStopped
            if status != HighsModelStatus.kIterationLimit:
                raise SolverFailed(ENGINE, f"{status.name} after {self.iterations} iterations")

    def _run(self, seconds: float, iterations: int) -> HighsModelStatus:
        # HiGHS's clock runs on from one run to the next.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + max(seconds, _LEAST_SECONDS))
        self._highs.setOptionValue("simplex_iteration_limit", iterations)
        self._highs.run()
        self.iterations += max(0, self._highs.getInfo().simplex_iteration_count)
        return self._highs.getModelStatus()

    def _vertex(self) -> Vertex:
        solution, admissible = self._highs.getSolution(), self.region.admissible
        values, duals = np.asarray(solution.col_value), np.asarray(solution.row_dual)
        scenario_duals = np.zeros(self.entered.size)
        scenario_duals[self._order] = np.maximum(duals[self._cap_row + 1 :], 0.0)
        inside = np.clip(values[: admissible.assets], admissible.lower, admissible.upper)
        return Vertex(
            weights=inside + 0.0,
            alpha=float(values[self._alpha]) * self.scenarios.scale,
            region_duals=duals[: self._cap_row],
            cap_price=max(0.0, -float(duals[self._cap_row])),
            scenario_duals=scenario_duals,
        )
