"""The constraints of a problem one by one, each with the rows that it puts on the weights and the words to name it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.errors import Conflict
from services.optimizer.domain.problem import Problem

DECIMALS = 6


def rounded_up(number: float) -> float:
    """Up to six decimals, but for what rounding put on top."""
    scale = 10.0**DECIMALS
    return math.ceil(number * scale - 1e-5) / scale


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """Rows sign·(Gw) ≤ sign·limit that one named constraint puts on the weights; all give by the same amount."""

    type: str
    subject: str
    noun: str
    limit: float
    is_cap: bool
    rows: sparse.csr_array
    """Coefficients on w, already with their sign."""

    @property
    def sign(self) -> float:
        """+1 for a cap, −1 for a floor."""
        return 1.0 if self.is_cap else -1.0

    def conflict(self, give: float) -> Conflict:
        """What this constraint would have to be, if it had to give that much; rounded so that it is enough."""
        needed = self.sign * rounded_up(self.sign * self.limit + give)
        way = "least" if self.is_cap else "most"
        sentence = f"{self.noun} is {self.limit:.6g}; it would have to be at {way} {needed:.6g}"
        return Conflict(self.type, self.subject, sentence, self.limit, needed)


def row_limits(admissible: AdmissibleSet) -> Iterator[Limit]:
    """Budget, groups and least expected return."""
    for index, row in enumerate(admissible.rows):
        for is_cap, limit in ((False, admissible.floor[index]), (True, admissible.cap[index])):
            if math.isfinite(limit):
                kind, subject, noun = _words(row.kind, row.subject, is_cap=is_cap)
                coefficients = admissible.matrix[[index]] * (1.0 if is_cap else -1.0)
                yield Limit(kind, subject, noun, float(limit), is_cap, sparse.csr_array(coefficients))


def _words(kind: str, subject: str, *, is_cap: bool) -> tuple[str, str, str]:
    if kind == "BUDGET":
        end = "max" if is_cap else "min"
        return (
            f"BUDGET_{end.upper()}",
            f"{subject}.{end}_budget",
            f"the {'greatest' if is_cap else 'least'} sum of weights",
        )
    if kind == "GROUP":
        name = subject.removeprefix("constraints.groups[").removesuffix("]")
        if is_cap:
            return "GROUP_CAP", f"{subject}.max", f"the cap of group {name}"
        return "GROUP_FLOOR", f"{subject}.min", f"the floor of group {name}"
    return "MIN_RETURN", subject, "the least expected return"


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
        kind, end, size = ("BOUND_MAX", "max", "greatest") if is_cap else ("BOUND_MIN", "min", "least")
        return Limit(kind, f"{self.field}.{end}", f"the {size} weight {self.whose}", limit, is_cap, rows)


def turnover_limit(problem: Problem) -> Limit | None:
    """The turnover, which has no row on w alone; None if it is not limited."""
    limit = problem.constraints.max_turnover
    if limit is None:
        return None
    none = sparse.csr_array((0, problem.assets))
    return Limit("TURNOVER", "constraints.max_turnover", "the greatest turnover", limit, True, none)
