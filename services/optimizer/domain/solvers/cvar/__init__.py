"""Conditional value at risk, CVaR, as linear programs over scenarios of returns.

Rockafellar, R. T. and Uryasev, S. (2000), "Optimization of conditional value-at-risk", Journal of Risk 2(3), 21–41:

    CVaR_β(w) = min over α of  α + 1/(1−β) Σ_s p_s max(−r_sᵀw − α, 0)

for S scenarios r_s of simple returns with probabilities p_s. It is the mean loss over the worst 1−β of probability, in
the unit of the scenarios: a fraction of the portfolio's value per period of theirs. Nothing here is annualized.
"""

from services.optimizer.domain.solvers.cvar.cuts import CvarCuts
from services.optimizer.domain.solvers.cvar.frontier import CvarPoint, cvar_frontier
from services.optimizer.domain.solvers.cvar.goals import CvarSolved
from services.optimizer.domain.solvers.cvar.greatest_return import maximize_return_with_cvar_cap
from services.optimizer.domain.solvers.cvar.least import minimize_cvar
from services.optimizer.domain.solvers.cvar.scenarios import Scenarios, Tail, conditional_value_at_risk, tail_cut

__all__ = [
    "CvarCuts",
    "CvarPoint",
    "CvarSolved",
    "Scenarios",
    "Tail",
    "conditional_value_at_risk",
    "cvar_frontier",
    "maximize_return_with_cvar_cap",
    "minimize_cvar",
    "tail_cut",
]
