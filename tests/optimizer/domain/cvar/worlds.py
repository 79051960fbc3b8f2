"""Admissible sets and scenarios for tests of CVaR, and the same problems as one full linear program by scipy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from services.optimizer.domain.admissible import AdmissibleSet, Row
from services.optimizer.domain.linear import TIGHT
from services.optimizer.domain.solvers.cvar import Scenarios


@dataclass(frozen=True, eq=False)
class World:
    """A problem that equal weights are admissible in."""

    admissible: AdmissibleSet
    returns: np.ndarray
    confidence: float
    probabilities: np.ndarray | None
    gross: float | None
    expected_returns: np.ndarray

    @property
    def scenarios(self) -> Scenarios:
        return Scenarios.of(self.returns, self.confidence, self.probabilities)

    @property
    def equal(self) -> np.ndarray:
        return np.full(self.admissible.assets, 1 / self.admissible.assets)


def returns(scenarios: int, assets: int, seed: int = 0) -> np.ndarray:
    """Daily returns with a common factor and fat tails."""
    random = np.random.default_rng(seed)
    market = random.standard_t(4, (scenarios, 1)) * 0.008
    return market * random.uniform(0.5, 1.5, assets) + random.standard_t(4, (scenarios, assets)) * 0.01 + 0.0004


def admissible(
    assets: int, low: float = 0.0, high: float = 1.0, turnover: float | None = None, start: np.ndarray | None = None
) -> AdmissibleSet:
    """Fully invested, every asset between the same bounds."""
    return AdmissibleSet(
        lower=np.full(assets, low),
        upper=np.full(assets, high),
        matrix=sparse.csr_array(np.ones((1, assets))),
        floor=np.ones(1),
        cap=np.ones(1),
        rows=(Row("BUDGET", "constraints"),),
        start=np.zeros(assets) if start is None else start,
        turnover=turnover,
    )


def with_row(of: AdmissibleSet, coefficients: Sequence[float], floor: float, cap: float) -> AdmissibleSet:
    matrix = sparse.csr_array(sparse.vstack([of.matrix, sparse.csr_array(np.array([coefficients], dtype=float))]))
    rows = (*of.rows, Row("GROUP", "constraints.groups[g]"))
    return replace(of, matrix=matrix, floor=np.append(of.floor, floor), cap=np.append(of.cap, cap), rows=rows)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    assets, count = draw(st.integers(1, 8)), draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    slack = st.floats(0.05, 0.6)
    low, high = (0.0, 1.0) if draw(st.booleans()) else (-draw(slack), 1 / assets + draw(slack))
    budget = draw(st.sampled_from([1.0, 0.4]))
    moved = random.dirichlet(np.ones(assets)) if draw(st.booleans()) else np.full(assets, 1 / assets)
    gap = 0.5 * float(np.abs(moved - 1 / assets).sum())
    of = admissible(assets, low, high, draw(st.none() | slack.map(lambda room: gap + room / 2)), moved)
    of = replace(of, floor=np.array([budget]))
    if draw(st.booleans()):
        members = random.integers(0, 2, assets).astype(float)
        of = with_row(of, members, members.mean() - draw(slack), members.mean() + draw(slack))
    chances = None
    if draw(st.booleans()):
        weight = random.uniform(0, 1, count) * (random.uniform(size=count) > 0.2)
        weight[0] += 0.1
        chances = weight / weight.sum()
    found = returns(count, assets, draw(st.integers(0, 10_000)))
    if draw(st.booleans()):
        found = found[random.integers(0, count, count)]
    return World(
        of,
        found,
        draw(st.sampled_from([0.0, 0.5, 0.8, 0.9, 0.95, 0.99])),
        chances,
        draw(st.none() | st.floats(1.0, 1.6)),
        random.normal(0.08, 0.06, assets),
    )


def least_cvar(world: World, least_return: float | None = None) -> float:
    """The least CVaR by scipy."""
    return float(_solve(world, least_return=least_return).fun)


def greatest_return(world: World, cap: float) -> float | None:
    """The greatest expected return under the cap by scipy; None if there is none."""
    answer = _solve(world, cap=cap)
    return None if answer.status == 2 else -float(answer.fun)


def _solve(world: World, least_return: float | None = None, cap: float | None = None):
    """x = (w, d, g, α, u) with d ≥ |w − w₀|, g ≥ |w| and u ≥ loss − α, all of it at once."""
    of, shares = world.admissible, world.scenarios.shares
    n, s = of.assets, shares.size
    eye, zero = np.eye(n), np.zeros((n, n))
    g = of.matrix.toarray()
    tail = np.concatenate([np.zeros(3 * n), [1.0], shares])

    def on(w: np.ndarray, d: np.ndarray | None = None, e: np.ndarray | None = None) -> np.ndarray:
        m = w.shape[0]
        blank = np.zeros((m, n))
        return np.hstack([w, blank if d is None else d, blank if e is None else e, np.zeros((m, 1 + s))])

    rows = [on(g), on(-g), on(eye, -eye), on(-eye, -eye), on(eye, zero, -eye), on(-eye, zero, -eye)]
    limits = [of.cap, -of.floor, of.start, -of.start, np.zeros(n), np.zeros(n)]
    rows += [on(np.zeros((1, n)), np.full((1, n), 0.5)), on(np.zeros((1, n)), None, np.ones((1, n)))]
    limits += [[np.inf if of.turnover is None else of.turnover], [np.inf if world.gross is None else world.gross]]
    rows.append(np.hstack([-world.returns, np.zeros((s, 2 * n)), -np.ones((s, 1)), -np.eye(s)]))
    limits.append(np.zeros(s))
    cost = tail
    if least_return is not None:
        rows.append(on(-world.expected_returns[None, :]))
        limits.append([-least_return])
    if cap is not None:
        rows.append(tail[None, :])
        limits.append([cap])
        cost = np.concatenate([-world.expected_returns, np.zeros(2 * n + 1 + s)])
    limit = np.concatenate(limits)
    finite = np.isfinite(limit)
    bounds = [*zip(of.lower, of.upper, strict=True), *[(0, None)] * (2 * n), (None, None), *[(0, None)] * s]
    return linprog(cost, A_ub=np.vstack(rows)[finite], b_ub=limit[finite], bounds=bounds, method="highs", options=TIGHT)
