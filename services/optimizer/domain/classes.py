"""Limits on classes of assets as the groups that they mean:  min ≤ Σ wᵢ ≤ max over the assets i of one class.

A group is named by attribute and class, e.g. `sector technology`. An asset without a class is in no group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.optimizer.domain.constraints import ClassLimits, Constraints, Group, WeightRange
from services.optimizer.domain.errors import InvalidProblem, Violation
from services.optimizer.domain.goal import RULES
from services.optimizer.domain.problem import Problem

Classes = Mapping[str, Mapping[str, str]]
"""By attribute: the class of each symbol that has one."""

_NAMED = 10


def grouped(problem: Problem, known: Classes) -> Problem:
    """The problem with groups in the place of classes; `known` are those of the attributes that come without members.

    One whose goal is a rule stays as it is: it looks at no constraint, and is refused with these. Raises InvalidProblem
    for members outside of the universe, a limited class that none of it has, and limits on classes of assets that have
    none.
    """
    constraints, symbols = problem.constraints, problem.symbols
    if not constraints.classes or problem.goal.objective in RULES:
        return problem
    universe, groups, broken = frozenset(symbols), list(constraints.groups), list[Violation]()
    for index, limits in enumerate(constraints.classes):
        field = f"constraints.classes[{index}]"
        classes = _assets_by_class(limits.members or known.get(limits.attribute, {}), symbols)
        broken += _strangers(field, limits, universe) or _nobodys(field, limits, classes)
        groups += _groups(limits, classes)
    if broken:
        raise InvalidProblem(broken)
    return replace(problem, constraints=replace(constraints, groups=tuple(groups), classes=()))


def without_members(constraints: Constraints) -> Iterator[Violation]:
    """The classes that must be read from instruments, each as what is wrong where there are no instruments."""
    mend = "is read from instruments, which neither moments nor a put universe have: send members, or a dataset"
    for index, limits in enumerate(constraints.classes):
        if not limits.members:
            yield Violation(f"constraints.classes[{index}].members", f"{limits.attribute} {mend}")


def _assets_by_class(class_of: Mapping[str, str], symbols: tuple[str, ...]) -> dict[str, list[str]]:
    """The assets of each class, in the order of the universe."""
    found: dict[str, list[str]] = {}
    for symbol in symbols:
        if symbol in class_of:
            found.setdefault(class_of[symbol], []).append(symbol)
    return found


def _strangers(field: str, limits: ClassLimits, universe: frozenset[str]) -> list[Violation]:
    outside = sorted(limits.members.keys() - universe)
    mend = "is not in the universe: add it or leave it out"
    return [Violation(f'{field}.members["{symbol}"]', f"{symbol} {mend}") for symbol in outside]


def _nobodys(field: str, limits: ClassLimits, classes: Mapping[str, list[str]]) -> Iterator[Violation]:
    """What would limit nothing, in silence."""
    if not classes:
        mend = "classify the dataset's instruments (UpdateInstruments), or send members"
        yield Violation(field, f"no asset of the universe has a {limits.attribute}: {mend}")
        return
    there = ", ".join(sorted(classes)[:_NAMED]) + (", …" if len(classes) > _NAMED else "")
    for name in sorted(limits.limits.keys() - classes.keys()):
        what = f"no asset of the universe has the {limits.attribute} {name}"
        yield Violation(f'{field}.limits["{name}"]', f"{what}: name one that is there ({there}) or leave it out")


def _groups(limits: ClassLimits, classes: Mapping[str, list[str]]) -> Iterator[Group]:
    """The limited classes, by name."""
    others = WeightRange(max=limits.max_each)
    for name in sorted(classes):
        limit = limits.limits.get(name, others)
        if limit != WeightRange():
            yield Group(f"{limits.attribute} {name}", tuple(classes[name]), limit.min, limit.max)
