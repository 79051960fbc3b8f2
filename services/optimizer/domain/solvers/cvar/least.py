"""The portfolio of least CVaR."""

from __future__ import annotations

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.engine import Control
from services.optimizer.domain.problem import DEFAULT_GAP
from services.optimizer.domain.solvers.cvar.emptiness import why_empty
from services.optimizer.domain.solvers.cvar.goals import CvarSolved, LeastCvar
from services.optimizer.domain.solvers.cvar.live_program import Empty, LiveProgram
from services.optimizer.domain.solvers.cvar.region import Region
from services.optimizer.domain.solvers.cvar.rounds import Rounds
from services.optimizer.domain.solvers.cvar.scenarios import Scenarios


def minimize_cvar(
    admissible: AdmissibleSet,
    scenarios: Scenarios,
    control: Control,
    *,
    gross: float | None = None,
    gap_target: float = DEFAULT_GAP,
) -> CvarSolved:
    """Minimize CVaR_β(w) over the admissible set, with Σ|w_i| ≤ gross if that is given.

    Objective and bound are losses per period of the scenarios. If the time runs out, the best weights yet are the
    answer, with their gap and `clock_stopped`.

    Raises OutOfTime, Cancelled, SolverFailed, or Infeasible if no admissible weights keep `gross` (MAX_GROSS); that
    there are admissible weights is for the caller to know.
    """
    return least_cvar(Region.of(admissible, gross), scenarios, control, gap_target)


def least_cvar(region: Region, scenarios: Scenarios, control: Control, gap_target: float) -> CvarSolved:
    """The same for a region."""
    try:
        return Rounds(LiveProgram(region, scenarios), LeastCvar(), control, gap_target).solve()
    except Empty:
        raise why_empty(region, scenarios, control) from None
