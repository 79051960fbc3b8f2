"""Programs of many kinds, drawn at random around an admissible portfolio, so that each has an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.solvers.dual_newton.program import Program

Draw = np.random.Generator
LARGEST = 500


@dataclass(frozen=True)
class Drawn:
    """A universe and a program over it."""

    loadings: np.ndarray
    specific: np.ndarray
    rows: np.ndarray
    program: Program

    @property
    def assets(self) -> int:
        return int(self.specific.size)


def draw(regime: str, seed: int, largest: int = LARGEST) -> Drawn:
    """The seed's program of a regime, of any size up to the largest, small ones as often as large ones."""
    random = np.random.default_rng([seed, *regime.encode()])
    return REGIMES[regime](random, int(np.exp(random.uniform(0.0, np.log(largest + 1)))))


def sized(regime: str, seed: int, count: int) -> Drawn:
    """The seed's program of a regime with so many assets."""
    return REGIMES[regime](np.random.default_rng([seed, *regime.encode()]), count)


def universe(random: Draw, count: int, factors: int | None = None) -> Drawn:
    """A long-only, fully invested program with caps on groups, at market-like risks and returns per year."""
    factors = int(random.integers(1, 31)) if factors is None else factors
    exposures = 0.5 * random.standard_normal((count, factors))
    volatility = 0.02 + 0.1 * random.random(factors) / np.sqrt(np.arange(1, factors + 1))
    if factors:
        exposures[:, 0] = 1.0 + 0.3 * random.standard_normal(count)
        volatility[0] = 0.16
    expected = 0.03 * random.standard_normal(count) + (0.04 * exposures[:, 0] if factors else 0.05)
    upper = np.full(count, min(1.0, max(0.1, 2.5 / count)))
    groups = int(min(count, random.integers(1, 11)))
    members = np.zeros((groups, count))
    members[np.arange(count) % groups, np.arange(count)] = 1.0
    anchor = inside(random, np.zeros(count), upper)
    program = Program(
        expected_returns=expected,
        risk_aversion=5.0,
        lower=np.zeros(count),
        upper=upper,
        floor=np.r_[1.0, np.full(groups, -np.inf)],
        cap=np.r_[1.0, np.maximum(1.3 / groups, members @ anchor)],
    )
    return Drawn(
        exposures * volatility, (0.12 + 0.28 * random.random(count)) ** 2, np.vstack([np.ones(count), members]), program
    )


def inside(random: Draw, lower: np.ndarray, upper: np.ndarray, total: float = 1.0) -> np.ndarray:
    """Random weights within bounds with a given sum."""
    weights = random.uniform(lower, upper)
    for _ in range(3):
        lack = total - weights.sum()
        room = upper - weights if lack > 0 else weights - lower
        weights = np.clip(weights + lack * room / max(room.sum(), 1e-300), lower, upper)
    return weights


def but(drawn: Drawn, **changes: object) -> Drawn:
    return replace(drawn, program=replace(drawn.program, **changes))  # type: ignore[arg-type]


def rebounded(drawn: Drawn, lower: np.ndarray, upper: np.ndarray, random: Draw) -> tuple[Drawn, np.ndarray]:
    """With other bounds, caps wide enough for some portfolio within them, and that portfolio."""
    anchor = inside(random, lower, upper)
    used = drawn.rows @ anchor
    cap = np.maximum(drawn.program.cap, used + 1e-9)
    return but(drawn, lower=lower, upper=upper, cap=np.r_[1.0, cap[1:]]), anchor


def anchored(drawn: Drawn, random: Draw) -> np.ndarray:
    """A random portfolio within bounds; caps of the program may be in its way."""
    return inside(random, drawn.program.lower, drawn.program.upper)


def with_rows(drawn: Drawn, rows: np.ndarray, floor: np.ndarray, cap: np.ndarray) -> Drawn:
    rows = np.vstack([drawn.rows, rows])
    program = drawn.program
    return replace(
        drawn,
        rows=rows,
        program=replace(program, floor=np.r_[program.floor, floor], cap=np.r_[program.cap, cap]),
    )


def opened(drawn: Drawn, anchor: np.ndarray, slack: float = 0.0) -> Drawn:
    """Caps no lower than what a portfolio needs."""
    used = drawn.rows @ anchor
    cap = np.where(
        drawn.program.floor == drawn.program.cap, drawn.program.cap, np.maximum(drawn.program.cap, used + slack)
    )
    return but(drawn, cap=cap)


def least_risk(random: Draw, count: int) -> Drawn:
    return but(universe(random, count), expected_returns=np.zeros(count))


def tight_caps(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    return rebounded(drawn, np.zeros(count), np.full(count, random.uniform(1.0 + 1e-6, 1.3) / count), random)[0]


def risk_aversion(gamma: float) -> Callable[[Draw, int], Drawn]:
    return lambda random, count: but(universe(random, count), risk_aversion=gamma)


def long_short(random: Draw, count: int, size: float = 0.05) -> Drawn:
    size = max(size, 2.0 / count)
    return rebounded(universe(random, count), np.full(count, -size), np.full(count, size), random)[0]


def range_rows(random: Draw, count: int) -> Drawn:
    drawn = long_short(random, count)
    extra = int(random.integers(1, 21))
    rows = random.standard_normal((extra, count))
    anchor = anchored(drawn, random)
    used = rows @ anchor
    width = random.uniform(0.0, 0.1, extra)
    return opened(with_rows(drawn, rows, used - width, used + width * random.random(extra)), anchor)


def neutral_rows(random: Draw, count: int) -> Drawn:
    drawn = long_short(random, max(count, 30))
    columns = drawn.loadings[:, 1 : 1 + min(10, drawn.assets // 4)]
    rows = (columns / np.maximum(columns.std(axis=0), 1e-9)).T if columns.size else np.zeros((0, drawn.assets))
    anchor = anchored(drawn, random)
    return opened(with_rows(drawn, rows, rows @ anchor, rows @ anchor), anchor)


def tiny_specific(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    return replace(drawn, specific=drawn.specific / 100)


def uneven_specific(random: Draw, count: int) -> Drawn:
    return replace(universe(random, count), specific=10 ** random.uniform(-6, 0, count))


def held(drawn: Drawn, random: Draw) -> Drawn:
    start = random.random(drawn.assets) ** random.choice([1, 8])
    return but(drawn, start=start / start.sum())


def linear(random: Draw, count: int) -> Drawn:
    return but(held(universe(random, count), random), linear_cost=random.uniform(0, 0.004, count))


def impact(random: Draw, count: int) -> Drawn:
    return but(linear(random, count), impact_cost=random.uniform(0, 0.05, count) * (random.random(count) < 0.8))


def borrow(random: Draw, count: int) -> Drawn:
    return but(long_short(random, count), borrow_cost=random.uniform(0, 0.05, count))


def turnover(random: Draw, count: int) -> Drawn:
    drawn = held(random.choice([universe, linear, long_short])(random, count), random)
    anchor = anchored(drawn, random)
    share = random.uniform(0, 1)
    start = drawn.program.start
    inner = np.clip(start, drawn.program.lower, drawn.program.upper)
    inner = inside(random, *np.sort([inner, anchor], axis=0), total=1.0) if inner.sum() != 1 else inner
    near = share * anchor + (1 - share) * inner
    need = 0.5 * float(np.abs(near - start).sum())
    return opened(but(drawn, turnover=need * random.choice([1.0, 1.05, 1.5])), near)


def no_turnover(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    anchor = anchored(drawn, random)
    return opened(but(drawn, start=anchor, turnover=0.0), anchor)


def gross(random: Draw, count: int) -> Drawn:
    drawn = random.choice([long_short, borrow])(random, count)
    anchor = anchored(drawn, random)
    anchor = random.uniform(0, 1) * (anchor - 1 / count) + 1 / count
    return opened(but(drawn, gross=float(np.abs(anchor).sum()) * random.choice([1.0, 1.01, 1.3])), anchor)


def equality_groups(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    used = drawn.rows @ anchored(drawn, random)
    return but(drawn, floor=np.r_[1.0, used[1:]], cap=np.r_[1.0, used[1:]])


def duplicates(random: Draw, count: int) -> Drawn:
    drawn = universe(random, max(2, count))
    same = random.integers(0, max(1, drawn.assets // 4), drawn.assets)
    members = np.zeros((2, drawn.assets))
    members[random.integers(0, 2, drawn.assets), np.arange(drawn.assets)] = 1.0
    rows = np.vstack([np.ones(drawn.assets), members, members])
    anchor = anchored(drawn, random)
    program = replace(
        drawn.program,
        expected_returns=drawn.program.expected_returns[same],
        floor=np.r_[1.0, np.full(4, -np.inf)],
        cap=np.r_[1.0, rows[1:] @ anchor],
    )
    return Drawn(drawn.loadings[same], drawn.specific[same], rows, program)


def one_asset(random: Draw, count: int) -> Drawn:
    return universe(random, 1)


def all_at_bound(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    upper = random.dirichlet(np.ones(count))
    upper[0] += 1.0 - upper.sum()
    return rebounded(drawn, np.zeros(count), upper, random)[0]


def fixed_weights(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    anchor = anchored(drawn, random)
    fixed = random.random(count) < 0.6
    lower, upper = np.where(fixed, anchor, 0.0), np.where(fixed, anchor, drawn.program.upper)
    return opened(but(drawn, lower=lower, upper=upper), anchor)


def many_factors(random: Draw, count: int) -> Drawn:
    return universe(random, count, int(random.integers(50, 121)))


def singular_factors(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count, 12)
    loadings = drawn.loadings.copy()
    loadings[:, 6:] = loadings[:, :6] @ random.standard_normal((6, 6)) * 10 ** random.uniform(-6, 1, 6)
    return replace(drawn, loadings=loadings)


def wide(random: Draw, count: int) -> Drawn:
    return universe(random, LARGEST, int(random.integers(1, 4)))


def no_rows(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    nothing = np.zeros(0)
    return but(replace(drawn, rows=np.zeros((0, count))), floor=nothing, cap=nothing)


def no_factors(random: Draw, count: int) -> Drawn:
    return universe(random, count, 0)


def no_bounds(random: Draw, count: int) -> Drawn:
    drawn = universe(random, count)
    return but(drawn, lower=np.full(count, -np.inf), upper=np.full(count, np.inf))


def uneven_rows(random: Draw, count: int) -> Drawn:
    """A least return, and a row in money."""
    drawn = universe(random, count)
    anchor = anchored(drawn, random)
    money = np.exp(random.normal(12, 2, count))
    rows = np.vstack([drawn.program.expected_returns, money])
    used = rows @ anchor
    return opened(with_rows(drawn, rows, np.array([used[0], -np.inf]), np.array([np.inf, used[1]])), anchor)


def corner(random: Draw, count: int) -> Drawn:
    """Limits that all press at once, at a vertex."""
    drawn = universe(random, count)
    anchor = np.zeros(count)
    chosen = random.choice(count, min(count, 1 + count // 3), replace=False)
    anchor[chosen] = random.dirichlet(np.ones(chosen.size))
    upper = np.maximum(drawn.program.upper, anchor)
    drawn = but(drawn, upper=np.where(random.random(count) < 0.5, np.maximum(anchor, 1e-3), upper))
    return but(drawn, cap=np.r_[1.0, (drawn.rows @ anchor)[1:]])


def outside(random: Draw, count: int) -> Drawn:
    """What is held breaks the bounds: some must be sold."""
    drawn = impact(random, count)
    start = drawn.program.start * random.choice([1.0, 1.5])
    start[random.integers(count)] += 0.3
    return but(drawn, start=start)


def everything(random: Draw, count: int) -> Drawn:
    drawn = turnover(random, count)
    anchor = inside(random, drawn.program.lower, drawn.program.upper)
    near = 0.5 * anchor + 0.5 * drawn.program.start
    lower, upper = np.minimum(drawn.program.lower, near) - 0.01, np.maximum(drawn.program.upper, near)
    need = 0.5 * float(np.abs(near - drawn.program.start).sum())
    rows = random.standard_normal((4, count))
    drawn = but(
        drawn,
        lower=lower,
        upper=upper,
        linear_cost=random.uniform(0, 0.004, count),
        impact_cost=random.uniform(0, 0.05, count),
        borrow_cost=random.uniform(0, 0.05, count),
        turnover=need,
        gross=float(np.abs(near).sum()) * random.choice([1.0, 1.1]),
    )
    return opened(with_rows(drawn, rows, rows @ near - 0.02, rows @ near + 0.02), near)


def rescaled(random: Draw, count: int) -> Drawn:
    """Objectives in another unit: daily numbers, or basis points."""
    drawn = impact(random, count)
    unit = 10 ** random.uniform(-4, 4)
    program = drawn.program
    return but(
        drawn,
        expected_returns=program.expected_returns * unit,
        risk_aversion=program.risk_aversion * unit,
        linear_cost=program.linear_cost * unit,
        impact_cost=program.impact_cost * unit,
    )


REGIMES: dict[str, Callable[[Draw, int], Drawn]] = {
    "long only": universe,
    "least risk": least_risk,
    "tight caps": tight_caps,
    "γ = 0.01": risk_aversion(0.01),
    "γ = 0.5": risk_aversion(0.5),
    "γ = 100": risk_aversion(100.0),
    "long-short": long_short,
    "range rows": range_rows,
    "factor-neutral rows": neutral_rows,
    "tiny specific risk": tiny_specific,
    "uneven specific risk": uneven_specific,
    "linear costs": linear,
    "impact": impact,
    "borrow costs": borrow,
    "turnover": turnover,
    "no turnover": no_turnover,
    "gross exposure": gross,
    "equations for groups": equality_groups,
    "duplicated assets": duplicates,
    "one asset": one_asset,
    "all at a bound": all_at_bound,
    "fixed weights": fixed_weights,
    "many factors": many_factors,
    "singular factors": singular_factors,
    "wide": wide,
    "no rows": no_rows,
    "no factors": no_factors,
    "no bounds": no_bounds,
    "uneven rows": uneven_rows,
    "corner": corner,
    "start outside": outside,
    "everything at once": everything,
    "other units": rescaled,
}
