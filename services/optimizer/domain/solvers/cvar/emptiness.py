"""Why no weights keep the limits, as a conflict in the words of the contract."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import Conflict, Infeasible, OutOfTime, SolverFailed
from services.optimizer.domain.limit_names import CVAR, GROSS, LimitName
from services.optimizer.domain.limits import rounded_up
from services.optimizer.domain.solvers.cvar.live_program import ENGINE, ClockStopped, Empty, LiveProgram
from services.optimizer.domain.solvers.cvar.region import Region
from services.optimizer.domain.solvers.cvar.scenarios import Scenarios


def why_empty(region: Region, scenarios: Scenarios, control: Control) -> Exception:
    """What to raise for a region without weights. Raises OutOfTime, Cancelled or SolverFailed itself."""
    if region.gross is None:
        return SolverFailed(ENGINE, "the admissible set is empty")
    needed = rounded_up(_least_gross(region, scenarios, control))
    return _too_small(GROSS, region.gross, needed)


def too_risky(cap: float, least: float) -> Infeasible:
    """No admissible weights have a CVaR as small as the cap."""
    return _too_small(CVAR, cap, rounded_up(least))


def _too_small(name: LimitName, cap: float, needed: float) -> Infeasible:
    sentence = f"{name.noun} is {cap:.6g}; it would have to be at least {needed:.6g}"
    return Infeasible([Conflict(name.type, name.subject, sentence, cap, needed)], together=False)


def _least_gross(region: Region, scenarios: Scenarios, control: Control) -> float:
    """The least Σ|w_i| of the admissible weights."""
    admissible = region.admissible
    generous = float(np.maximum(np.abs(admissible.lower), np.abs(admissible.upper)).sum())
    wide = Region.of(admissible, generous)
    program = LiveProgram(wide, scenarios)
    program.aim(wide.leverage_row, 0.0, np.inf)
    try:
        return float(np.abs(program.run(control).weights).sum())
    except Empty:
        raise SolverFailed(ENGINE, "the admissible set is empty") from None
    except ClockStopped:
        raise OutOfTime("the time ran out while looking for the least gross leverage") from None
