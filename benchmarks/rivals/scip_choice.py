"""Least risk with a limit on how many assets are held, as SCIP's users state it: binaries and a second-order cone."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from pyscipopt import Model, quicksum

from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True)
class Answer:
    """What SCIP found, in CPU seconds."""

    seconds: float
    variance: float
    gap: float
    proven: bool


def least_risk(  # noqa: PLR0917
    covariance: Vector, mean: Vector, least_return: float, most: int, buy_in: float, seconds: float
) -> Answer:
    """min t² with |Lᵀw| ≤ t, Σw = 1, μᵀw ≥ R, εz ≤ w ≤ z, Σz ≤ K and z binary, for Σ = LLᵀ."""
    count, model = mean.size, Model()
    model.hideOutput()
    model.setParam("limits/time", seconds)
    model.setParam("timing/clocktype", 1)
    model.setParam("parallel/maxnthreads", 1)
    # In units in which risks are about one: tolerances are absolute.
    unit = float(np.sqrt(np.diag(covariance).mean()))
    root = np.linalg.cholesky(covariance) / unit
    w = [model.addVar(lb=0.0, ub=1.0) for _ in range(count)]
    z = [model.addVar(vtype="B") for _ in range(count)]
    exposures = [model.addVar(lb=None) for _ in range(count)]
    risk = model.addVar(lb=0.0)
    for k in range(count):
        model.addCons(exposures[k] == quicksum(float(root[i, k]) * w[i] for i in range(k, count)))
        model.addCons(w[k] <= z[k])
        model.addCons(w[k] >= buy_in * z[k])
    model.addCons(quicksum(each * each for each in exposures) <= risk * risk)
    model.addCons(quicksum(w) == 1)
    scale = 1 / float(np.abs(mean).max())
    model.addCons(quicksum(scale * float(m) * each for m, each in zip(mean, w, strict=True)) >= scale * least_return)
    model.addCons(quicksum(z) <= most)
    model.setObjective(risk, "minimize")
    began = time.process_time()
    model.optimize()
    spent = time.process_time() - began
    weights = np.array([model.getVal(each) for each in w]) if model.getNSols() else np.full(count, np.nan)
    bound = model.getDualbound() * unit
    variance = float(weights @ covariance @ weights)
    return Answer(spent, variance, 1 - bound**2 / variance, model.getStatus() == "optimal")
