"""Looking over the solver's shoulder: progress in the goal's unit, and reasons to stop."""

from __future__ import annotations

import math

from services.optimizer.domain.engine import Control, Progress, relative_gap
from services.optimizer.domain.errors import Cancelled
from services.optimizer.domain.problem import DEFAULT_GAP, StopRule
from services.optimizer.domain.solvers.clarabel_conic import Step
from services.optimizer.domain.solvers.conic_goal import ConicGoal

# Residual of the dual's equations from which on a dual cost is taken for a bound, and how much of it is given away.
NEARLY_DUAL = 1e-4
CAUTION = 100.0
NEARLY_SOLVED = 1e-8


class Watch:
    """Called after each iteration; reports it, and says whether to stop."""

    def __init__(self, control: Control, goal: ConicGoal, stop: StopRule, *, maximizes: bool) -> None:
        self._control = control
        self._goal = goal
        self._stop = stop
        self._maximizes = maximizes
        self._began = control.clock()
        self._best = math.inf if maximizes else -math.inf
        self.clock_stopped = False
        self.cancelled = False

    def __call__(self, step: Step) -> bool:
        """Report the step; true if the solve is to end here."""
        self._tighten(step)
        objective = self._goal.in_unit(step.cost)
        gap = relative_gap(objective, self._best)
        if math.isfinite(gap):
            self._control.report(Progress(step.iteration, objective, self._best, gap, self.elapsed_ms))
        self.cancelled = self._control.cancelled()
        self.clock_stopped = self._control.seconds_left() <= 0
        return self.cancelled or self.clock_stopped or self._good_enough(step, gap)

    @property
    def elapsed_ms(self) -> float:
        """Since the solve began."""
        return 1e3 * (self._control.clock() - self._began)

    def raise_if_cancelled(self) -> None:
        """Raise Cancelled if that is what ended the solve: nothing may be raised through the solver itself."""
        if self.cancelled:
            raise Cancelled("the solve was cancelled")

    def _tighten(self, step: Step) -> None:
        """Take the dual cost for a bound, less what the dual's residual could be worth."""
        # A dual cost above the cost belongs to multipliers that are still far off, whatever their relative residual.
        if step.dual_residual > NEARLY_DUAL or step.dual_cost > step.cost + NEARLY_SOLVED * (1 + abs(step.cost)):
            return
        caution = CAUTION * step.dual_residual * (1 + abs(step.cost) + abs(step.dual_cost))
        bound = self._goal.in_unit(step.dual_cost - caution)
        self._best = min(self._best, bound) if self._maximizes else max(self._best, bound)

    def _good_enough(self, step: Step, gap: float) -> bool:
        """Whether a gap wider than the default was asked for, and is reached."""
        solved = max(step.primal_residual, step.dual_residual) <= NEARLY_SOLVED
        return self._stop.gap_target > DEFAULT_GAP and solved and gap <= 0.5 * self._stop.gap_target
