"""A semismooth Newton method on the dual of portfolio programs over a factor model of risk.

Importing this package imports numba if it is there; the rest of the domain does without.
"""

from services.optimizer.domain.solvers.dual_newton.program import NewtonAnswer, NewtonAnswers, Program, Programs
from services.optimizer.domain.solvers.dual_newton.solver import COMPILED, DualNewton, compiled

__all__ = ["COMPILED", "DualNewton", "NewtonAnswer", "NewtonAnswers", "Program", "Programs", "compiled"]
