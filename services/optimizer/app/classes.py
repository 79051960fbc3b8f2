"""Classes of assets: sent along by the caller, or read from the instruments of the dataset."""

from __future__ import annotations

from services.optimizer.app.ports import Instruments, Universe
from services.optimizer.domain.classes import Classes, grouped
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.errors import InvalidProblem, Violation
from services.optimizer.domain.goal import RULES, Goal
from services.optimizer.domain.moments import Moments


async def with_groups(
    constraints: Constraints, goal: Goal, moments: Moments, source: Moments | Universe, instruments: Instruments
) -> Constraints:
    """The constraints with a group for each limited class. `source` is where the moments are from.

    Raises InvalidProblem, and the errors of `Instruments.classes` if an attribute has to be read.
    """
    # A rule looks at no constraint: its classes stay, to be refused as what they are.
    if not constraints.classes or goal.objective in RULES:
        return constraints
    return grouped(constraints, moments.symbols, await _known(constraints, source, instruments))


async def _known(constraints: Constraints, source: Moments | Universe, instruments: Instruments) -> Classes:
    """The classes that the constraints do not bring along."""
    asked = [(index, limits) for index, limits in enumerate(constraints.classes) if not limits.members]
    if not asked:
        return {}
    if isinstance(source, Moments):
        mend = "moments that are sent along have no instruments to read it from: send members, or a dataset as source"
        raise InvalidProblem(
            [Violation(f"constraints.classes[{i}].members", f"{limits.attribute}: {mend}") for i, limits in asked]
        )
    return await instruments.classes(source.dataset, source.symbols)
