"""Whether a problem makes sense, before anybody tries to solve it; each violation names the field and the mend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Set

import numpy as np

from services.optimizer.domain.coherence import incoherent
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.errors import InvalidProblem, Violation
from services.optimizer.domain.kept import LARGEST, kept
from services.optimizer.domain.moments import Moments, positions, strangers
from services.optimizer.domain.problem import Problem

MAX_ASSETS = 5000
# Returns in all resamples of a bootstrap: about a second of work.
MOST_RESAMPLED = 50_000_000


def check_structure(problem: Problem) -> None:
    """Check sizes, names and orders: O(N). Raises InvalidProblem with every violation."""
    _refuse(_structure(problem))


def check_numbers(problem: Problem) -> None:
    """Check that the moments are finite and Σ is a covariance: O(N³). Raises InvalidProblem."""
    moments = problem.moments
    _refuse(_numbers_of(moments) if moments.numbers <= LARGEST else _numbers(moments))


def _refuse(violations: Iterable[Violation]) -> None:
    found = list(violations)
    if found:
        raise InvalidProblem(found)


def _structure(problem: Problem) -> Iterator[Violation]:
    yield from _sizes(problem.moments)
    yield from _draws(problem)
    yield from _of_constraints(problem.constraints, problem.symbols)
    for symbol in strangers(problem.current, positions(problem.symbols)):
        yield Violation(f'current_weights["{symbol}"]', f"{symbol} is not in the universe: add it or leave it out")
    yield from incoherent(problem)


@kept
def _of_constraints(constraints: Constraints, symbols: tuple[str, ...]) -> list[Violation]:
    return [*_orders(constraints), *_strangers(constraints, positions(symbols).keys())]


def _sizes(moments: Moments) -> Iterator[Violation]:
    count = len(moments.symbols)
    if not 1 <= count <= MAX_ASSETS:
        yield Violation("source.moments.symbols", f"name 1 to {MAX_ASSETS} assets; there are {count}")
    if len(positions(moments.symbols)) != count:
        yield Violation("source.moments.symbols", "name each asset once")
    if moments.expected_returns.shape != (count,):
        found = moments.expected_returns.size
        yield Violation(
            "source.moments.expected_returns", f"give one number for each of the {count} symbols, not {found}"
        )
    if moments.covariance.assets != count:
        found = moments.covariance.assets
        yield Violation("source.moments.covariance", f"give a row for each of the {count} symbols, not {found}")


def _draws(problem: Problem) -> Iterator[Violation]:
    sessions = 0 if problem.moments.scenarios is None else len(problem.moments.scenarios)
    if problem.bootstrap_draws * sessions > MOST_RESAMPLED:
        most = MOST_RESAMPLED // sessions
        yield Violation("bootstrap_draws", f"of {sessions} sessions at most {most} may be drawn: ask for fewer")


def _orders(constraints: Constraints) -> Iterator[Violation]:
    if constraints.min_budget > constraints.max_budget:
        found = f"{constraints.min_budget:g} > {constraints.max_budget:g}"
        mend = f"must not exceed max_budget ({found}; each is 1 if absent): lower it or raise max_budget"
        yield Violation("constraints.min_budget", mend)
    named = {f'constraints.bounds["{symbol}"]': bounds for symbol, bounds in constraints.bounds.items()}
    for field, bounds in {"constraints.default_bounds": constraints.default_bounds, **named}.items():
        if not (math.isfinite(bounds.min) and math.isfinite(bounds.max)):
            yield Violation(field, "must be finite: send numbers between -10 and 10")
        elif bounds.min > bounds.max:
            yield Violation(field, "min must not exceed max: lower min or raise max")
    if constraints.active_bounds is not None and constraints.active_bounds.min > constraints.active_bounds.max:
        yield Violation("constraints.active_bounds", "min must not exceed max: lower min or raise max")
    for kind in ("groups", "rows", "factors"):
        for index, limit in enumerate(getattr(constraints, kind)):
            if limit.min is not None and limit.max is not None and limit.min > limit.max:
                yield Violation(f"constraints.{kind}[{index}]", "min must not exceed max: lower min or raise max")


def _strangers(constraints: Constraints, universe: Set[str]) -> Iterator[Violation]:
    for symbol in strangers(constraints.bounds, universe):
        yield Violation(
            f'constraints.bounds["{symbol}"]', f"{symbol} is not in the universe: add it or leave its bounds out"
        )
    for index, group in enumerate(constraints.groups):
        yield from _outside(f"constraints.groups[{index}].symbols", group.symbols, universe)
    for index, row in enumerate(constraints.rows):
        yield from _outside(f"constraints.rows[{index}].coefficients", tuple(row.coefficients), universe)
    for symbol in strangers(constraints.benchmark, universe):
        mend = f"{symbol} is not in the universe: add it or leave it out"
        yield Violation(f'constraints.benchmark["{symbol}"]', mend)


def _outside(field: str, symbols: tuple[str, ...], universe: Set[str]) -> Iterator[Violation]:
    named = set(symbols)
    if not named <= universe:
        outside = [symbol for symbol in symbols if symbol not in universe]
        first = ", ".join(outside[:10])
        yield Violation(field, f"{first} not in the universe: add to it or leave out of the group")
    if len(named) != len(symbols):
        yield Violation(field, "name each asset once")


@kept
def _numbers_of(moments: Moments) -> list[Violation]:
    return list(_numbers(moments))


def _numbers(moments: Moments) -> Iterator[Violation]:
    if not bool(np.all(np.isfinite(moments.expected_returns))):
        yield Violation("source.moments.expected_returns", "must be finite: replace NaN and infinity")
    if moments.scenarios is not None and not bool(np.all(np.isfinite(moments.scenarios))):
        yield Violation("scenarios", "must be finite: replace NaN and infinity")
    covariance = moments.covariance
    if isinstance(covariance, DenseCovariance):
        field, finite = "source.moments.dense", bool(np.all(np.isfinite(covariance.matrix)))
    else:
        field = "source.moments.factors"
        finite = bool(np.all(np.isfinite(covariance.loadings)) and np.all(np.isfinite(covariance.specific)))
    if not finite:
        yield Violation(field, "must be finite: replace NaN and infinity")
        return
    defect = covariance.defect()
    if defect is not None:
        yield Violation(field, defect)
