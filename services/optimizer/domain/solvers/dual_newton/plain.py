"""The same method in NumPy, where nothing compiles: one program at a time, and each step written as in the paper.

Names as in `step`: z = (λ, ν, τ, η) with K, m, 1 and 1 components, n = K + m.
"""

# ruff: noqa: PLR0917 — both halves are called alike.

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from services.optimizer.domain.solvers.dual_newton import method
from services.optimizer.domain.solvers.dual_newton.layout import Layout
from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Mask, Vector


class Point(NamedTuple):
    """Where the climb is: prices, r, and what follows from them."""

    z: Vector
    r: Vector
    w: Vector
    value: float
    """q(z)."""
    size: float
    """Of what the value is summed from."""
    used: Vector
    """Cᵀw, ½ Σ|w − w₀| and Σ|w|, (p,)."""


class Step(NamedTuple):
    """Where a search ended: whether it was worth it, and how long a step it was."""

    good: bool
    t: float
    point: Point


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """One program's dual."""

    C: Vector
    norms: Vector
    factors: int
    mu: Vector
    gamma: float
    a: Vector
    """γD."""
    lower: Vector
    upper: Vector
    start: Vector
    linear: Vector
    impact: Vector
    borrow: Vector
    floor: Vector
    """Limits of the prices, (p,); those of λ are not used."""
    cap: Vector

    @classmethod
    def of(cls, structure: Structure, layout: Layout, row: int) -> Dual:
        """The program in a row of a layout."""

        def at(rows: Vector) -> Vector:
            return np.asarray(rows[row if rows.shape[0] > 1 else 0])

        gamma, none = float(at(layout.risk_aversion)), np.zeros(structure.factors)
        return cls(
            structure.columns,
            structure.norms,
            structure.factors,
            at(layout.expected_returns),
            gamma,
            gamma * structure.specific,
            at(layout.lower),
            at(layout.upper),
            at(layout.start),
            at(layout.linear_cost),
            at(layout.impact_cost),
            at(layout.borrow_cost),
            np.concatenate([none, at(layout.floor), [-np.inf, -np.inf]]),
            np.concatenate([none, at(layout.cap), [at(layout.turnover), at(layout.gross)]]),
        )

    def point(self, z: Vector, r: Vector) -> Point:
        """The weights at r, and the value there."""
        tau, eta = float(z[-2]), float(z[-1])
        w = self._traded(r - eta, tau)
        if eta > 0 or np.any(self.borrow > 0):
            short = self._traded(r + eta + self.borrow, tau)
            w = np.where(w > 0, w, np.minimum(short, 0.0))
        gone, size = np.abs(w - self.start), np.abs(w)
        costs = (0.5 * self.a * w - r) * w + (self.linear + 0.5 * tau + self.impact * np.sqrt(gone)) * gone
        least = float((costs + (eta + np.where(w < 0, self.borrow, 0.0)) * size).sum())
        square = float(z[: self.factors] @ z[: self.factors]) / (2 * self.gamma)
        priced = z != 0
        priced[: self.factors] = False
        paid = z[priced] * np.where(z > 0, self.cap, self.floor)[priced]
        used = np.concatenate([w @ self.C, [0.5 * gone.sum(), size.sum()]])
        return Point(z, r, w, least - square - float(paid.sum()), abs(least) + square + float(np.abs(paid).sum()), used)

    def _traded(self, r: Vector, tau: float) -> Vector:
        """w₀ ± s² within bounds, a s² + 1.5 c s = max(|r − a w₀| − κ − ½τ, 0)."""
        push = r - self.a * self.start
        size = np.maximum(np.abs(push) - self.linear - 0.5 * tau, 0.0)
        bend = 1.5 * self.impact
        root = 2 * size / (bend + np.sqrt(bend * bend + 4 * self.a * size) + 1e-300)
        step = np.where(bend > 0, root * root, size / self.a)
        return np.asarray(np.minimum(np.maximum(self.start + np.copysign(step, push), self.lower), self.upper))

    def response(self, at: Point) -> Vector:
        """dw/dr: 1 / (a + ¾ c / √|w − w₀|) where the weight is free, 0 at a bound and at a kink."""
        tau, eta = at.z[-2], at.z[-1]
        gone = np.abs(at.w - self.start)
        root = np.sqrt(gone)
        bent = root / (self.a * root + 0.75 * self.impact + 1e-300)
        found = np.where(self.impact > 0, bent, 1 / self.a)
        kinked = (gone == 0) & (self.linear + 0.5 * tau > 0) | (at.w == 0) & (2 * eta + self.borrow > 0)
        return np.where((self.lower < at.w) & (at.w < self.upper) & ~kinked, found, 0.0)

    def gradient(self, at: Point) -> tuple[Vector, Mask]:
        """∇q, and which components are active: a row that has no price and keeps its limits is not."""
        z, used = at.z, at.used
        over, under = used - self.cap, used - self.floor
        rows = np.where((z > 0) | (self.floor == self.cap) | ((z == 0) & (over > 0)), over, under)
        kept = (z == 0) & (over <= 0) & (under >= 0) & (self.floor != self.cap)
        slopes = np.where(kept, 0.0, rows)
        slopes[: self.factors] = used[: self.factors] - z[: self.factors] / self.gamma
        active = slopes != 0
        active |= (z != 0) | (self.floor == self.cap)
        active[: self.factors] = True
        return slopes, active

    def direction(
        self, at: Point, slopes: Vector, active: Mask, one: float, damping: float, shift: float
    ) -> tuple[Vector, float]:
        """d, and its product with the gradient."""
        response = self.response(at)
        free = response > 0
        signs = np.stack([0.5 * np.sign(at.w - self.start), np.sign(at.w)], axis=1)
        G = (np.hstack([self.C, signs])[free] * np.sqrt(response[free])[:, None])[:, active]
        H, price = G.T @ G, np.flatnonzero(active) >= self.factors
        diagonal = H.diagonal()
        lifted = damping + method.ROUNDED * (diagonal.mean() + 1 / self.gamma) + np.maximum(one - diagonal, 0.0)
        H[np.diag_indices_from(H)] += np.where(price, lifted, 1 / self.gamma + shift)
        # Scaled to a unit diagonal, so that what is dependent can be told from what is small.
        scale = 1 / np.sqrt(H.diagonal())
        d = np.zeros_like(slopes)
        d[active] = scale * _solved(H * np.outer(scale, scale), scale * slopes[active])
        return d, float(d @ slopes)

    def inward(self, at: Point, slopes: Vector, active: Mask, d: Vector) -> Mask:
        """The active components that do not go from zero to where their gradient does not point."""
        return np.asarray(active & ((at.z != 0) | (d * slopes >= 0)))

    def wall(self, z: Vector, d: Vector) -> float:
        """How far along d the first price reaches zero."""
        meets = (z * d < 0) & (self.floor != self.cap)
        meets[: self.factors] = False
        return float(np.min(-z[meets] / d[meets], initial=np.inf))

    def search(self, at: Point, slopes: Vector, d: Vector, slope: float, wall: float) -> Step:
        """Climb along d, no further than the wall, with prices kept at zero where they cross it."""
        slack, crossing = method.SLACK * at.size, self.floor != self.cap
        crossing[: self.factors] = False
        t, low, low_slope, high, high_slope = min(1.0, wall), 0.0, slope, -1.0, 0.0
        good, found, rises = False, at, 0
        for look in range(method.FEWER_LOOKS if wall == np.inf else method.MOST_LOOKS):
            # The factor, so that the price that made the wall is sure to meet it.
            meets = (at.z * d < 0) & (np.abs(at.z) <= t * np.abs(d) * (1 + 2 * method.EPSILON))
            kept = crossing & (meets | ((at.z == 0) & (d * slopes < 0)))
            trial = np.where(kept, 0.0, at.z + t * d)
            found = self.point(trial, at.r - self.C @ (trial - at.z)[:-2])
            side = np.where((at.z > 0) | ((at.z == 0) & (slopes > 0)) | ~crossing, self.cap, self.floor)
            side[: self.factors] = trial[: self.factors] / self.gamma
            # At the wall the slope is that of the way there; beyond a crossing, what is kept is no part of it.
            moving = (d != 0) & (~kept | ((t == wall) & (at.z != 0)))
            ahead = float(d[moving] @ (found.used - side)[moving])
            good = found.value >= at.value + method.LEAST_GAIN * t * slope - slack
            if good and high < 0 and ahead > method.STEEP * slope and t < min(method.LONGEST_STEP, wall):
                low, low_slope = t, ahead
                t = min(method.GROWTH * t, wall)
                continue
            near = ahead >= -method.FLAT * slope
            if good and near and (t >= min(1.0, wall) or ahead <= method.STEEP * slope or look > 6):
                break
            if ahead < 0 or not good:
                high, high_slope, rises = t, (ahead if ahead < 0 else -slope), 0
            else:
                low, low_slope, rises = t, ahead, rises + 1
            if high < 0:
                break
            width = high - low
            least, most = 0.02 if rises < 2 else 0.4, 0.9 if look < 1 else (0.5 if look < 8 else 0.2)
            t = low + width * max(least, min(most, low_slope / (low_slope - high_slope)))
        return Step(good, t, found)

    def dearest(self) -> float:
        """No admissible weights cost more than this; infinite if nothing bounds them."""
        turnover, gross = self.cap[-2:]
        size = np.maximum(np.abs(self.lower), np.abs(self.upper))
        # One weight can move by no more than twice the turnover that all have.
        size = np.minimum(np.minimum(size, np.abs(self.start) + 2 * turnover), gross)
        if not np.all(np.isfinite(size)):
            return np.inf
        gone = np.maximum(np.abs(self.lower - self.start), np.abs(self.upper - self.start))
        gone = np.minimum(np.minimum(gone, 2 * turnover), size + np.abs(self.start))
        exposure = float(np.sqrt(np.square(self.C[:, : self.factors]).sum(axis=1)) @ size)
        own = (0.5 * self.a * size + np.abs(self.mu) + self.borrow) * size
        traded = (self.linear + self.impact * np.sqrt(gone)) * gone
        return float((own + traded).sum()) + 0.5 * self.gamma * exposure**2

    def begin(self, z: Vector) -> Point:
        """The start that was given, or a guess, or prices of zero: the first that is not worth less than the last."""
        none = self.point(np.zeros_like(z), self.mu)
        impossible = (z > 0) & (self.cap == np.inf) | (z < 0) & (self.floor == -np.inf)
        if np.any(z != 0) and np.all(np.isfinite(z)):
            given = self.priced(np.where(impossible, 0.0, z))
            if given.value >= none.value:
                return given
        guess = self.priced(self.guess(none))
        return guess if guess.value >= none.value else none

    def priced(self, z: Vector) -> Point:
        """The point at z."""
        return self.point(z, self.mu - self.C @ z[:-2])

    def guess(self, at: Point) -> Vector:
        """The factors' prices γ Fᵀw of likely weights, and the price at which the first equation then holds."""
        z, factors = np.zeros_like(at.z), slice(self.factors)
        equations = self.factors + np.flatnonzero(self.floor[self.factors : -2] == self.cap[self.factors : -2])
        if equations.size == 0 or not self.cap[equations[0]] * at.used[equations[0]] > 0:
            return z
        row = int(equations[0])
        z[factors] = self.gamma * self.cap[row] / at.used[row] * at.used[factors]
        for turn in range(2):
            if turn > 0:
                z[factors] = 0.5 * (z[factors] + self.gamma * at.used[factors])
            z[row] = 0.0
            z[row], at = self.meet(row, self.priced(z))
        return z

    def meet(self, row: int, at: Point) -> tuple[float, Point]:
        """About the price of one row at which it is used up to its limit, and the point there."""
        column, limit, z, r = self.C[:, row], self.cap[row], at.z, at.r
        t, crossed, last, other, other_off = 0.0, False, 0.0, 0.0, 0.0
        off = last_off = float(at.used[row] - limit)
        step = off / float(np.square(column) @ (1 / self.a))
        for _ in range(method.MOST_GUESSES):
            if abs(off) <= method.NEAR * abs(limit) or not np.isfinite(off):
                break
            if crossed:
                t = last - last_off * (other - last) / (other_off - last_off)
            else:
                t, step = last + step, step * method.GROWTH
            at = self.point(z, r - t * column)
            off = float(at.used[row] - limit)
            if off * last_off < 0:
                other, other_off, crossed = last, last_off, True
            elif crossed:
                other_off *= 0.5
            last, last_off = t, off
        return t, at

    def objective(self, at: Point) -> float:
        """½ γ (|Fᵀw|² + wᵀDw) − μᵀw + Σ κ|w − w₀| + c|w − w₀|^{3/2} + b max(−w, 0)."""
        w, exposures = at.w, at.used[: self.factors]
        gone = np.abs(w - self.start)
        own = (0.5 * self.a * w - self.mu) * w + (self.linear + self.impact * np.sqrt(gone)) * gone
        return float((own + self.borrow * np.maximum(-w, 0.0)).sum() + 0.5 * self.gamma * (exposures @ exposures))

    def bound(self, z: Vector) -> float:
        """q(z), less what rounding may have added."""
        fresh = self.priced(z)
        terms = z.size
        off = terms * method.EPSILON * (np.abs(self.mu) + self.norms * float(np.linalg.norm(z[:-2])))
        rounded = float((off * (np.abs(fresh.w) + off / self.a)).sum())
        return fresh.value - rounded - method.EPSILON * (self.mu.size + terms) * fresh.size


def _solved(H: Vector, x: Vector) -> Vector:
    """H⁻¹x for a semidefinite H of unit diagonal; the shortest answer where there are many."""
    try:
        found = np.linalg.solve(H, x)
    except np.linalg.LinAlgError:
        found = np.full_like(x, np.nan)
    if not float(found @ x) > 0:
        found = np.linalg.lstsq(H, x, method.DEPENDENT)[0]
    return np.asarray(found, dtype=np.float64)


def climb(dual: Dual, z: Vector, tolerance: float, most: int) -> tuple[int, int, float, Point]:  # noqa: PLR0912
    """Newton's steps from z: how they ended, how many they were, the residual, and where they led."""
    at, one = dual.begin(z), float(1 / dual.a.max())
    if np.any(dual.floor > dual.cap) or np.any(dual.lower > dual.upper):
        return method.EMPTY, 0, np.inf, at
    # The compiled half says why, step by step.
    past, polished = at.z, False
    residual, best, ceiling, extra, lift, waited, cautious, caution = np.inf, np.inf, np.inf, 0.0, 1.0, 0, 0, 2
    for step in range(most + 1):
        slopes, active = dual.gradient(at)
        residual = float(np.abs(slopes[active]).max(initial=0.0))
        if residual <= tolerance:
            if polished or step == most or abs(float(at.z @ slopes)) <= method.NO_GAP * at.size:
                return method.CONVERGED, step, residual, at
            polished = True
        if step == method.SUSPICION:
            ceiling = dual.dearest()
        if at.value - 1e-9 * at.size > ceiling:
            return method.EMPTY, step, residual, at
        if residual < 0.5 * best:
            best, waited = residual, 0
        elif waited > method.PATIENCE or not np.isfinite(residual):
            return method.STALLED, step, residual, at
        if step == most:
            break
        damping = (max(method.LEAST_DAMPING, min(method.MOST_DAMPING, 0.1 * residual * residual) * lift) + extra) * one
        d, slope = dual.direction(at, slopes, active, lift * one, damping, extra * one)
        wall = np.inf
        if cautious > 0:
            cautious -= 1
            while np.any(active != (inward := dual.inward(at, slopes, active, d))):
                active = inward
                d, slope = dual.direction(at, slopes, active, lift * one, damping, extra * one)
            wall = dual.wall(at.z, d)
        if step % method.TREND == 0:
            trend = np.where(at.z != 0, at.z - past, 0.0)
            if step > method.IMPATIENCE and (ahead := float(trend @ slopes)) > 0:
                d, slope, wall = trend, ahead, np.inf
            past = at.z
        if not (slope > 0 and np.isfinite(slope)):
            return method.STALLED, step, residual, at
        good, t, found = dual.search(at, slopes, d, slope, wall)
        if not good:
            waited += 1 if wall == np.inf else 4
            extra = max(1.0, 100 * extra) if cautious > 0 else 0.0
            caution *= 2
            cautious = caution
            continue
        if cautious == 0 and t < 0.1 and dual.wall(at.z, d) < 4 * t:
            cautious = caution
        lift = max(lift / t, method.LEAST_LIFT) if t > 1 else (min(1.0, 10 * lift) if t < 0.3 else lift)
        if waited > 2 or (step >= method.IMPATIENCE and t < method.TINY_STEP):
            extra = max(0.1, 10 * extra)
        else:
            extra = 0.1 * extra if extra > 1e-3 else 0.0
        waited = 0 if found.value - at.value > 10 * method.SLACK * at.size else waited + 1
        at = found
    return method.OUT_OF_STEPS, most, residual, at


class PlainHalf:
    """Runs the method as the compiled half does, and does not search for ratios: whoever asks can do as well."""

    def __call__(
        self,
        structure: Structure,
        layout: Layout,
        begin: Vector,
        tolerance: float,
        most: int,
        Z: Vector,
        W: Vector,
        INFO: Vector,
    ) -> None:
        """Solve as many programs as Z has rows, each from `begin`."""
        for row in range(Z.shape[0]):
            dual = Dual.of(structure, layout, row)
            end, steps, residual, at = climb(dual, begin, tolerance, most)
            Z[row], W[row] = at.z, at.w
            INFO[row] = end, steps, residual, dual.objective(at), dual.bound(at.z)

    def ratio(self, *_: object) -> float:
        """Nothing is found."""
        return math.nan
