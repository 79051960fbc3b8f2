"""The rules that no single field can break alone: what must fit together in a mandate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from unicodedata import category

from services.portfolio.domain.costs import Costs
from services.portfolio.domain.errors import InvalidPortfolio, Violation
from services.portfolio.domain.mandate import (
    Constraints,
    FactorLimit,
    GroupLimit,
    LinearLimit,
    WeightBounds,
    WeightRange,
)
from services.portfolio.domain.portfolio import Draft

NAME_LENGTH = 255

Limit = WeightBounds | GroupLimit | LinearLimit | FactorLimit | WeightRange


def check(draft: Draft, within: str = "") -> None:
    """Raise InvalidPortfolio with every broken rule; paths are prefixed by `within`, e.g. `portfolio.`."""
    limits = draft.constraints
    broken = [*_name(draft.name), *_budget(limits), *_orders(limits), *_names(limits), *_members(draft)]
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


def _orders(constraints: Constraints) -> Iterator[Violation]:
    for path, limit in _limits(constraints):
        if limit.min is not None and limit.max is not None and limit.min > limit.max:
            fix = f"min {limit.min:g} exceeds max {limit.max:g}: lower min or raise max"
            yield Violation(f"constraints.{path}.min", fix)


def _limits(constraints: Constraints) -> Iterator[tuple[str, Limit]]:
    """Everything that has a floor and a cap, by its path."""
    if constraints.default_bounds is not None:
        yield "default_bounds", constraints.default_bounds
    if constraints.active_bounds is not None:
        yield "active_bounds", constraints.active_bounds
    for symbol, bounds in constraints.bounds.items():
        yield f'bounds["{symbol}"]', bounds
    for i, group in enumerate(constraints.groups):
        yield f"groups[{i}]", group
    for i, row in enumerate(constraints.rows):
        yield f"rows[{i}]", row
    for i, factor in enumerate(constraints.factors):
        yield f"factors[{i}]", factor
    for i, classes in enumerate(constraints.classes):
        yield from ((f'classes[{i}].limits["{name}"]', limit) for name, limit in classes.limits.items())


def _names(constraints: Constraints) -> Iterator[Violation]:
    groups = {f"groups[{i}]": group.name for i, group in enumerate(constraints.groups)}
    rows = {f"rows[{i}]": row.name for i, row in enumerate(constraints.rows)}
    for path, name in (groups | rows).items():
        if _unprintable(name):
            yield Violation(f"constraints.{path}.name", "leave out control characters")


def _members(draft: Draft) -> Iterator[Violation]:
    """Whatever names an asset names one of the universe, if there is one, and one that can be stored."""
    universe = frozenset(draft.strategy.universe)
    for path, symbol in _named(draft):
        if _unprintable(symbol):
            yield Violation(path, "leave out control characters")
        elif universe and symbol not in universe:
            yield Violation(path, f"{symbol} is not in strategy.universe: add it there or take it out here")


def _named(draft: Draft) -> Iterator[tuple[str, str]]:
    """Every asset that is named outside the universe, by its path."""
    for i, group in enumerate(draft.constraints.groups):
        yield from ((f"constraints.groups[{i}].symbols[{j}]", symbol) for j, symbol in enumerate(group.symbols))
    for field, by_symbol in _by_symbol(draft).items():
        yield from ((f'{field}["{symbol}"]', symbol) for symbol in by_symbol)


def _by_symbol(draft: Draft) -> dict[str, Mapping[str, object]]:
    costs, limits = draft.strategy.costs or Costs(), draft.constraints
    rows = {f"constraints.rows[{i}].coefficients": row.coefficients for i, row in enumerate(limits.rows)}
    return {
        "constraints.bounds": limits.bounds,
        "constraints.benchmark": limits.benchmark,
        **rows,
        **{f"constraints.classes[{i}].members": classes.members for i, classes in enumerate(limits.classes)},
        "strategy.goal.risk_budgets": draft.strategy.goal.risk_budgets,
        "strategy.costs.half_spreads": costs.half_spreads,
        "strategy.costs.average_daily_values": costs.average_daily_values,
        "strategy.costs.borrow_rates": costs.borrow_rates,
    }


def _unprintable(text: str) -> bool:
    return any(category(letter) == "Cc" for letter in text)
