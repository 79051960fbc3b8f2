"""Everything that is compiled, compiled: a minute of work once, read back from numba's cache afterwards."""

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.allocations import compiling
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.engine import Control, Engine
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ChoosingEngine


def compile_all() -> None:
    """Compile every kernel, or load it from the cache, rather than in the first solve."""
    warm(ChoosingEngine())


def warm(engine: Engine) -> None:
    """The same, and let the engine solve something small: a first solve is slow in whatever it does first."""
    compiling.compile_all()
    covariance = FactorCovariance(np.full((2, 1), 0.1), np.full(2, 0.01))
    for objective in (Objective.UTILITY, Objective.SHARPE):
        problem = Problem(Moments(("A", "B"), np.array([0.1, 0.2]), covariance), Goal(objective))
        engine.solve(problem, Control(clock=lambda: 0.0, ends_at=math.inf))
