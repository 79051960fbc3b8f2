"""The portfolio of the greatest expected return whose CVaR keeps a cap."""

from __future__ import annotations

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import OutOfTime, SolverFailed
from services.optimizer.domain.problem import DEFAULT_GAP
from services.optimizer.domain.solvers.cvar.emptiness import too_risky
from services.optimizer.domain.solvers.cvar.goals import CvarSolved, GreatestReturn
from services.optimizer.domain.solvers.cvar.least import least_cvar
from services.optimizer.domain.solvers.cvar.live_program import Empty, LiveProgram
from services.optimizer.domain.solvers.cvar.region import Region
from services.optimizer.domain.solvers.cvar.rounds import Rounds
from services.optimizer.domain.solvers.cvar.scenarios import Scenarios
from services.optimizer.domain.vectors import Vector

# Of the size of a return: how far a cap at the very least CVaR is lifted where rounding would leave it empty.
_LIFT = 1e-9


def maximize_return_with_cvar_cap(
    admissible: AdmissibleSet,
    expected_returns: Vector,
    scenarios: Scenarios,
    cap: float,
    control: Control,
    *,
    gross: float | None = None,
    gap_target: float = DEFAULT_GAP,
) -> CvarSolved:
    """Maximize μᵀw over the admissible set, subject to CVaR_β(w) ≤ cap, and Σ|w_i| ≤ gross if that is given.

    The cap is a loss per period of the scenarios; objective and bound are in the unit of μ. Before the last round
    weights break the cap: those on the way to the current (or equal) weights stand in for them, if these keep it. If
    they do not and the time runs out, there is no answer.

    Raises Infeasible with the least CVaR that the cap would have to be (MAX_CVAR), or as `minimize_cvar` does.
    """
    region = Region.of(admissible, gross)
    try:
        return _greatest(region, scenarios, GreatestReturn(expected_returns, cap), control, gap_target)
    except (Empty, SolverFailed):
        # A cap just below the least CVaR is too near to empty for some simplex runs to tell.
        least = least_cvar(region, scenarios, control, DEFAULT_GAP)
    if least.solved.clock_stopped:
        raise OutOfTime("the time ran out while looking for the least CVaR")
    if least.solved.bound > cap:
        raise too_risky(cap, least.tail.cvar)
    lifted = GreatestReturn(expected_returns, max(cap, least.tail.cvar) + _LIFT * scenarios.scale)
    return _greatest(region, scenarios, lifted, control, gap_target)


def _greatest(
    region: Region, scenarios: Scenarios, goal: GreatestReturn, control: Control, gap_target: float
) -> CvarSolved:
    return Rounds(LiveProgram(region, scenarios), goal, control, gap_target).solve()
