"""The constraints of a problem one by one, each with the rows that it puts on the weights and the words to name it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.errors import Conflict, Named
from services.optimizer.domain.limit_names import GROSS, TURNOVER, active_name, bound_name, row_name
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Vector

DECIMALS = 6


def rounded_up(number: float) -> float:
    """Up to six decimals, but for what rounding put on top."""
    scale = 10.0**DECIMALS
    return math.ceil(number * scale - 1e-5) / scale


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """Rows sign·G(w − origin) ≤ sign·limit that one named constraint puts on the weights; all give by as much."""

    type: str
    subject: str
    noun: str
    limit: float
    is_cap: bool
    rows: sparse.csr_array
    """Coefficients on w, already with their sign."""
    origin: Vector | None = None
    """None is 0."""

    @property
    def named(self) -> Named:
        """What it is called."""
        return Named(self.subject, self.noun)

    @property
    def sign(self) -> float:
        """+1 for a cap, −1 for a floor."""
        return 1.0 if self.is_cap else -1.0

    @property
    def bound(self) -> Vector:
        """The right-hand sides of its rows on w."""
        plain = np.full(self.rows.shape[0], self.sign * self.limit)
        return plain if self.origin is None else np.asarray(plain + self.rows @ self.origin)

    def conflict(self, give: float) -> Conflict:
        """What this constraint would have to be, if it had to give that much; rounded so that it is enough."""
        needed = self.sign * rounded_up(self.sign * self.limit + give)
        way = "least" if self.is_cap else "most"
        sentence = f"{self.noun} is {self.limit:.6g}; it would have to be at {way} {needed:.6g}"
        return Conflict(self.type, self.subject, sentence, self.limit, needed)


def row_limits(admissible: AdmissibleSet) -> Iterator[Limit]:
    """Budget, groups, named rows, exposures to factors and least expected return."""
    for index, row in enumerate(admissible.rows):
        for is_cap, limit in ((False, admissible.floor[index]), (True, admissible.cap[index])):
            if math.isfinite(limit):
                name = row_name(row, is_cap=is_cap)
                coefficients = sparse.csr_array(admissible.matrix[[index]] * (1.0 if is_cap else -1.0))
                yield Limit(name.type, name.subject, name.noun, float(limit), is_cap, coefficients)


def bound_limits(problem: Problem) -> Iterator[Limit]:
    """The bounds of single assets, and the default bounds of all the others as one limit each way."""
    named, default = problem.constraints.bounds, problem.constraints.default_bounds
    rest = [index for index, symbol in enumerate(problem.symbols) if symbol not in named]
    if rest:
        whose = Bounded("constraints.default_bounds", "of assets without bounds of their own", rest, problem.assets)
        yield from (whose.limit(default.min, is_cap=False), whose.limit(default.max, is_cap=True))
    for index, symbol in enumerate(problem.symbols):
        if symbol in named:
            whose = Bounded(f"constraints.bounds[{symbol}]", f"of {symbol}", [index], problem.assets)
            yield whose.limit(named[symbol].min, is_cap=False)
            yield whose.limit(named[symbol].max, is_cap=True)


@dataclass(frozen=True, slots=True)
class Bounded:
    """Assets that share their bounds."""

    field: str
    whose: str
    members: list[int]
    assets: int

    def limit(self, limit: float, *, is_cap: bool) -> Limit:
        """Their least or greatest weight."""
        count = len(self.members)
        signs = np.full(count, 1.0 if is_cap else -1.0)
        rows = sparse.csr_array((signs, (np.arange(count), self.members)), shape=(count, self.assets))
        name = bound_name(self.field, self.whose, is_cap=is_cap)
        return Limit(name.type, name.subject, name.noun, limit, is_cap, rows)


def active_limits(problem: Problem) -> Iterator[Limit]:
    """The bounds of every w − b, as one limit each way."""
    bounds = problem.constraints.active_bounds
    if bounds is None:
        return
    benchmark, eye = problem.benchmark(), sparse.csr_array(sparse.eye_array(problem.assets))
    for limit, is_cap in ((bounds.min, False), (bounds.max, True)):
        name, rows = active_name(is_cap=is_cap), sparse.csr_array(eye if is_cap else -eye)
        yield Limit(name.type, name.subject, name.noun, limit, is_cap, rows, benchmark)


def sum_limits(problem: Problem) -> Iterator[Limit]:
    """Turnover and gross exposure, which have no rows on w alone, as far as they are limited."""
    said, none = problem.constraints, sparse.csr_array((0, problem.assets))
    if said.max_turnover is not None:
        yield Limit(TURNOVER.type, TURNOVER.subject, TURNOVER.noun, said.max_turnover, True, none)
    if said.max_gross is not None:
        yield Limit(GROSS.type, GROSS.subject, GROSS.noun, said.max_gross, True, none)
