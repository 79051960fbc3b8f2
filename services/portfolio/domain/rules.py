"""The rules that no single field can break alone: what must fit together in a mandate."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import category

from services.portfolio.domain.errors import InvalidPortfolio, Violation
from services.portfolio.domain.mandate import Constraints
from services.portfolio.domain.portfolio import Draft

NAME_LENGTH = 255


def check(draft: Draft, within: str = "") -> None:
    """Raise InvalidPortfolio with every broken rule; paths are prefixed by `within`, e.g. `portfolio.`."""
    broken = [*_name(draft.name), *_budget(draft.constraints), *_groups(draft), *_bounds(draft)]
    if broken:
        raise InvalidPortfolio([Violation(within + v.field, v.fix) for v in broken])


def _name(name: str) -> Iterator[Violation]:
    if not 1 <= len(name) <= NAME_LENGTH:
        yield Violation("name", f"must have 1 to {NAME_LENGTH} characters")


def _budget(constraints: Constraints) -> Iterator[Violation]:
    least = 1.0 if constraints.min_budget is None else constraints.min_budget
    greatest = 1.0 if constraints.max_budget is None else constraints.max_budget
    if least > greatest:
        field = "min_budget" if constraints.min_budget is not None else "max_budget"
        fix = f"min_budget {least:g} exceeds max_budget {greatest:g} (1 where absent): lower the one or raise the other"
        yield Violation(f"constraints.{field}", fix)


def _groups(draft: Draft) -> Iterator[Violation]:
    universe = frozenset(draft.strategy.universe)
    for i, group in enumerate(draft.constraints.groups):
        path = f"constraints.groups[{i}]"
        if any(category(letter) == "Cc" for letter in group.name):
            yield Violation(f"{path}.name", "leave out control characters")
        if group.min is not None and group.max is not None and group.min > group.max:
            yield Violation(f"{path}.min", f"min {group.min:g} exceeds max {group.max:g}: lower min or raise max")
        for j, symbol in enumerate(group.symbols if universe else ()):
            if symbol not in universe:
                yield Violation(f"{path}.symbols[{j}]", _outside(symbol))


def _bounds(draft: Draft) -> Iterator[Violation]:
    universe = frozenset(draft.strategy.universe)
    for symbol, bounds in draft.constraints.bounds.items():
        path = f'constraints.bounds["{symbol}"]'
        if universe and symbol not in universe:
            yield Violation(path, _outside(symbol))
        if bounds.min > bounds.max:
            yield Violation(f"{path}.min", f"min {bounds.min:g} exceeds max {bounds.max:g}: lower min or raise max")


def _outside(symbol: str) -> str:
    return f"{symbol} is not in strategy.universe: add it there or take it out here"
