"""Classes of assets: sent along by the caller, or read from the instruments of the dataset."""

from __future__ import annotations

from services.optimizer.app.ports import Instruments, Resident, Universe
from services.optimizer.domain.classes import Classes, without_members
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.goal import RULES, Goal
from services.optimizer.domain.moments import Moments


async def known_classes(
    goal: Goal, constraints: Constraints, source: Moments | Universe | Resident, instruments: Instruments
) -> Classes:
    """The classes that the constraints do not bring along. `source` is where the moments are from.

    Raises InvalidProblem if it has no instruments, and the errors of `Instruments.classes`.
    """
    asked = () if goal.objective in RULES else tuple(without_members(constraints))
    if not asked:
        return {}
    if not isinstance(source, Universe):
        raise InvalidProblem(asked)
    return await instruments.classes(source.dataset, source.symbols)
