"""Everything that is compiled, compiled: a minute of work once, read back from numba's cache afterwards."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from services.optimizer.domain.allocations import compiling
from services.optimizer.domain.cardinality.sampling.circuit import Circuit
from services.optimizer.domain.cardinality.sampling.subspace import Subspace
from services.optimizer.domain.constraints import Cardinality, Constraints
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.engine import Control, Engine
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.sampling import Mixer
from services.optimizer.domain.solvers.choosing import ChoosingEngine


def compile_all() -> None:
    """Compile every kernel, or load it from the cache, rather than in the first solve."""
    warm(ChoosingEngine())


def warm(engine: Engine, *, choices: bool = True) -> None:
    """The same, and let the engine solve something small: a first solve is slow in whatever it does first.

    `choices`: whether the engine knows problems with a limit on how many assets are held.
    """
    compiling.compile_all()
    if choices:
        _warm_circuits()
    factors = FactorCovariance(np.full((2, 1), 0.1), np.full(2, 0.01))
    of = Moments(("A", "B"), np.array([0.1, 0.2]), factors)
    small = [Problem(of, Goal(objective)) for objective in (Objective.UTILITY, Objective.SHARPE)]
    if choices:
        dense, one = DenseCovariance(factors.full()), Constraints(cardinality=Cardinality(1))
        small.append(Problem(replace(of, covariance=dense), Goal(Objective.UTILITY), one))
    for problem in small:
        engine.solve(problem, Control(clock=lambda: 0.0, ends_at=math.inf))


def _warm_circuits() -> None:
    """Every mixer, on three assets."""
    subspace, angle = Subspace(3, 1), np.ones(1)
    for mixer in Mixer:
        size = 1 << subspace.assets if mixer is Mixer.TRANSVERSE else subspace.size
        circuit = Circuit(subspace, mixer, np.arange(float(size)), np.full(size, size**-0.5))
        circuit.gradient(angle, angle)
        circuit.state(angle, angle)
