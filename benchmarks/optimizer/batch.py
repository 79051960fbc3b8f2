"""Many portfolios over one universe, each with its own μ, γ, caps and holdings: portfolios per second of one core.

All start from the prices of one typical client. Solvers and a library are asked one portfolio after the other, some of
the same ones: what all would take them is extrapolated.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace

import numpy as np

from benchmarks.figures import Figure
from benchmarks.optimizer.clock import Solve, timed
from benchmarks.optimizer.effort import Effort
from benchmarks.optimizer.universe import Universe
from benchmarks.rivals import portfolio_libraries as libraries
from benchmarks.rivals.quadratic_solvers import FactorForm, clarabel_many, piqp_many
from services.optimizer.domain.solvers.dual_newton import DualNewton, NewtonAnswers, Program, Programs
from services.optimizer.domain.vectors import Vector

ROUNDS = 3
TYPICAL_AVERSION, TYPICAL_CAP = 6.3, 0.06


def figures(effort: Effort) -> Iterator[Figure]:
    """Without costs, with those of L1, and with impact; then the others, without."""
    of = Universe(effort.main)
    name, programs = f"optimizer.batch.n{of.assets}_k{of.factors}", of.programs(effort.portfolios)
    plain, ours = yield from _ours(f"{name}.qpo", of, replace(programs, start=None))
    linear = replace(programs, linear_cost=of.linear_cost)
    yield from _ours(f"{name}.qpo_l1", of, linear)
    yield from _ours(f"{name}.qpo_l1_impact", of, replace(linear, impact_cost=of.impact_cost))
    for who, (count, solve) in _theirs(of, programs, effort.looped).items():
        taken = timed(solve, 0.0)
        if taken.weights is None:
            yield Figure(f"{name}.{who}.capped_at", taken.seconds, "s")
            continue
        each = taken.seconds / count
        yield Figure(f"{name}.{who}_of_{count}.rate", 1 / each, "1/s")
        yield Figure(f"{name}.{who}.extrapolated", each * programs.count, "s")
        yield Figure(f"{name}.{who}_over_qpo", each / plain, "x")
        more = _objectives(of, programs, taken.weights) - _objectives(of, programs, ours[:count])
        yield Figure(f"{name}.{who}.gap", float(more[np.abs(more).argmax()]), "1")
        yield Figure(f"{name}.{who}.violation", _outside(of, programs, taken.weights), "1")


def _ours(name: str, of: Universe, programs: Programs) -> Generator[Figure, None, tuple[float, Vector]]:
    """Yields what it is worth too; returns seconds per portfolio, and the weights."""
    newton = DualNewton(of.loadings, of.specific, of.rows)
    start = newton.solve(_typical(programs)).z
    room = NewtonAnswers.room(programs.count, newton.structure)
    newton.solve_many(programs.part(0, 1), start)
    used = []
    for _ in range(ROUNDS):
        began = time.process_time()
        newton.solve_many(programs, start, into=room)
        used.append(time.process_time() - began)
    each = statistics.median(used) / programs.count
    yield Figure(f"{name}.rate", 1 / each, "1/s")
    yield Figure(f"{name}.cpu", 1e6 * each, "us")
    yield Figure(f"{name}.residual", float(room.residuals.max()), "1")
    yield Figure(f"{name}.violation", _outside(of, programs, room.weights), "1")
    yield Figure(f"{name}.gap", float((room.values - room.bounds).max()), "1")
    yield Figure(f"{name}.not_converged", float((~room.converged).sum()), "1")
    yield Figure(f"{name}.steps", float(room.iterations.mean()), "1")
    return each, room.weights


def _outside(of: Universe, programs: Programs, weights: Vector) -> float:
    """How far the first portfolios leave their limits, at worst."""
    upper = np.asarray(programs.upper)[: len(weights)]
    return max(of.violation(w, most) for w, most in zip(weights, upper, strict=True))


def _objectives(of: Universe, programs: Programs, weights: Vector) -> Vector:
    """½ γ wᵀΣw − μᵀw of the first portfolios, one for each row of weights."""
    count = len(weights)
    expected, aversion = np.asarray(programs.expected_returns)[:count], np.asarray(programs.risk_aversion)[:count]
    risk = np.square(weights @ of.loadings).sum(axis=1) + np.square(weights) @ of.specific
    return np.asarray(0.5 * aversion * risk - (expected * weights).sum(axis=1))


def _typical(programs: Programs) -> Program:
    """The first client, with a typical γ and cap."""
    first = programs.part(0, 1)
    return Program(
        np.asarray(programs.expected_returns).mean(axis=0),
        TYPICAL_AVERSION,
        np.asarray(programs.lower),
        np.full(np.asarray(programs.lower).shape, TYPICAL_CAP),
        np.asarray(programs.floor),
        np.asarray(programs.cap),
        start=None if first.start is None else first.start[0],
        linear_cost=programs.linear_cost,
        impact_cost=programs.impact_cost,
    )


def _theirs(of: Universe, programs: Programs, looped: int) -> Mapping[str, tuple[int, Solve]]:
    """How many, and the solve of so many; the objective of the factor forms is over γ, so that P stays."""
    libraries.quiet()
    form, fewer = FactorForm.of(of, aversion=1.0), max(1, looped // 5)
    expected, aversion, upper = (
        np.asarray(each)[:looped] for each in (programs.expected_returns, programs.risk_aversion, programs.upper)
    )
    linear: Vector = -expected / aversion[:, None]
    few = libraries.pypfopt_utilities(of, expected[:fewer], aversion[:fewer], upper[:fewer])
    return {
        "piqp": (looped, piqp_many(form, linear, upper)),
        "clarabel": (looped, clarabel_many(form, linear, upper)),
        "pypfopt": (fewer, few),
    }
