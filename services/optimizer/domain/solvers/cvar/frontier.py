"""The frontier of return and CVaR: least CVaR at equal steps of expected return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import OutOfTime
from services.optimizer.domain.problem import DEFAULT_GAP
from services.optimizer.domain.solvers.cvar.emptiness import why_empty
from services.optimizer.domain.solvers.cvar.goals import CvarSolved, GreatestReturn, LeastCvar
from services.optimizer.domain.solvers.cvar.live_program import ClockStopped, Empty, LiveProgram
from services.optimizer.domain.solvers.cvar.region import Region
from services.optimizer.domain.solvers.cvar.rounds import Rounds
from services.optimizer.domain.solvers.cvar.scenarios import Scenarios
from services.optimizer.domain.vectors import Vector

# Of the largest |μ|: how far short of the greatest return the last point stays, so that rounding leaves it a portfolio.
_SHORT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class CvarPoint:
    """One portfolio of the frontier."""

    expected_return: float
    """μᵀw, in the unit of μ."""
    found: CvarSolved


def cvar_frontier(
    admissible: AdmissibleSet,
    expected_returns: Vector,
    scenarios: Scenarios,
    points: int,
    control: Control,
    *,
    gross: float | None = None,
    gap_target: float = DEFAULT_GAP,
    tell: Callable[[int, CvarPoint], None] = lambda index, point: None,  # noqa: ARG005
) -> tuple[CvarPoint, ...]:
    """Solve `points` portfolios from the one of least CVaR to that of the greatest return, least return first.

    Each is certified by itself and told as soon as it is found. The program stays alive: from point to point only the
    floor of the return moves, which the last multiplier of each point belongs to. Raises OutOfTime if the time runs out
    before the frontier is whole, or as `minimize_cvar` does.
    """
    program = LiveProgram(Region.of(admissible.with_return(expected_returns, -np.inf), gross), scenarios)
    found: list[CvarPoint] = []

    def solve() -> None:
        solved = Rounds(program, LeastCvar(), control, gap_target).solve()
        if solved.solved.clock_stopped:
            raise ClockStopped
        found.append(CvarPoint(float(expected_returns @ solved.solved.weights), solved))
        tell(len(found) - 1, found[-1])

    try:
        solve()
        for target in _targets(found[0].expected_return, expected_returns, program, points, control)[1:]:
            program.limit(len(admissible.rows), float(target))
            solve()
    except (ClockStopped, OutOfTime):
        raise _unfinished(len(found), points) from None
    except Empty:
        raise why_empty(program.region, scenarios, control) from None
    return tuple(found)


def _targets(first: float, expected_returns: Vector, program: LiveProgram, points: int, control: Control) -> Vector:
    """Equal steps to the greatest return, which a program without scenarios finds."""
    unconcerned = LiveProgram(program.region, program.scenarios)
    goal = GreatestReturn(expected_returns, np.inf)
    goal.state(unconcerned)
    greatest = float(expected_returns @ unconcerned.run(control).weights)
    last = greatest - _SHORT * float(np.abs(expected_returns).max())
    return np.linspace(first, max(first, last), points)


def _unfinished(found: int, points: int) -> OutOfTime:
    return OutOfTime(f"the time ran out after {found} of {points} points of the frontier")
