"""The port that every engine stands behind, and how a solve is watched and stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.optimizer.domain.errors import Cancelled
from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Frontier, FrontierPoint, Optimum


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a solve stands; objective and bound in the unit of the goal."""

    iteration: int
    objective: float
    bound: float
    gap: float
    elapsed_ms: float


def relative_gap(objective: float, bound: float) -> float:
    """|objective − bound| / max(1, |objective|)."""
    return abs(objective - bound) / max(1.0, abs(objective))


@dataclass(frozen=True, slots=True)
class Control:
    """What a solve asks the outside while it runs; the clock comes in, the domain has none of its own."""

    clock: Callable[[], float]
    """Seconds, monotonic."""
    ends_at: float
    """On that clock."""
    cancelled: Callable[[], bool] = lambda: False
    report: Callable[[Progress], None] = lambda progress: None  # noqa: ARG005

    def seconds_left(self) -> float:
        """Until the time budget is spent."""
        return self.ends_at - self.clock()

    def check(self) -> None:
        """Raise Cancelled if the solve is not wanted any more."""
        if self.cancelled():
            raise Cancelled("the solve was cancelled")


Tell = Callable[[int, FrontierPoint], None]


class Engine(Protocol):
    """Finds optima."""

    def check(self, problem: Problem, control: Control) -> None:
        """Raise what `solve` would raise before it solves: InvalidProblem, Infeasible, NoExcessReturn, OutOfTime."""
        ...

    def solve(self, problem: Problem, control: Control) -> Optimum:
        """Find the optimum.

        Raises Infeasible, Unbounded, NoExcessReturn, OutOfTime, Cancelled, SolverFailed or InvalidProblem.
        """
        ...

    def explain(self, problem: Problem, control: Control) -> Explained:
        """Find the optimum and say why it is what it is. Raises as `solve`."""
        ...

    def frontier(self, problem: Problem, points: int, control: Control, tell: Tell) -> Frontier:
        """Find the efficient frontier; of the goal its kind of risk and the risk-free rate count. Raises as `solve`.

        `tell` hears of each point as soon as it is certified: which it is, and the point.
        """
        ...
