"""SolveBatch: many portfolios over one universe, frame by frame."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field

from services.optimizer.app.in_flight import InFlight
from services.optimizer.app.lending import lent_to
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Caller, KeptUniverse, Meter, Resident, Solvers, Universes
from services.optimizer.app.second_try import retried
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.batch.answers import Answers, unanswered
from services.optimizer.domain.batch.frame import Frame, misfits
from services.optimizer.domain.batch.header import refuse, refuse_idle, rows_of, unfit
from services.optimizer.domain.classes import without_members
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.errors import InvalidProblem, SolverFailed, Violation
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.resident import absent

BATCH = "batch"
TIME_BUDGET_MS = 600_000


@dataclass(frozen=True, slots=True)
class BatchAsk:
    """What all portfolios of a stream share."""

    universe: Resident
    goal: Goal = field(default_factory=lambda: Goal(Objective.UTILITY))
    constraints: Constraints = field(default_factory=Constraints)
    costs: Costs = field(default_factory=Costs)
    ordered: bool = True
    weights: bool = True


@dataclass(frozen=True, slots=True)
class NamedFrame:
    """A frame with the caller's names for it and its portfolios."""

    id: int
    frame: Frame
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SolvedFrame:
    """What became of a frame."""

    named: NamedFrame
    answers: Answers


class SolveBatch:
    """Solves frames beside one another, at most `most` of one stream at a time."""

    def __init__(self, universes: Universes, solvers: Solvers, meter: Meter, most: int) -> None:
        self._universes = universes
        self._solvers = solvers
        self._meter = meter
        self._most = most

    async def __call__(
        self, caller: Caller, ask: BatchAsk, frames: AsyncIterator[NamedFrame], seconds_left: SecondsLeft
    ) -> AsyncGenerator[SolvedFrame]:
        """Each frame's answers. Raises UniverseNotFound, InvalidProblem, OutOfTime, Saturated."""
        universe = await self._universes.find(caller, ask.universe.universe_id)
        refuse(unfit(ask.goal, ask.constraints, universe.assets, universe.factors))
        refuse(without_members(ask.constraints))
        lent = await lent_to(caller, ask.universe, self._universes)
        header = to_bytes(Problem(absent(), ask.goal, ask.constraints, costs=ask.costs))

        async def solved(named: NamedFrame) -> SolvedFrame:
            def run() -> Awaitable[Answers]:
                seconds = budget(TIME_BUDGET_MS, seconds_left())
                return self._solvers.batch(header, named.frame, seconds, lent, weights=ask.weights)

            try:
                answers = await measured(self._meter, caller.tier, BATCH, retried(run))
            except SolverFailed as error:
                answers = unanswered(named.frame.count, str(error))
            return SolvedFrame(named, answers)

        flight = InFlight(solved, self._most, ordered=ask.ordered)
        async with aclosing(flight.over(_fitting(frames, ask, universe))) as answered:
            async for each in answered:
                yield each


async def _fitting(
    frames: AsyncIterator[NamedFrame], ask: BatchAsk, universe: KeptUniverse
) -> AsyncIterator[NamedFrame]:
    """The frames, up to one that does not fit. Raises InvalidProblem."""
    async for named in frames:
        violations = list(_misfits(named, ask, universe))
        if violations:
            told = f"frame {named.id}: "
            raise InvalidProblem([Violation(f"frame.{each.field}", told + each.mend) for each in violations])
        yield named


def _misfits(named: NamedFrame, ask: BatchAsk, universe: KeptUniverse) -> Iterator[Violation]:
    frame = named.frame
    yield from misfits(frame, universe.assets, rows_of(ask.constraints))
    yield from refuse_idle(ask.goal, tilted=bool(frame.mu_tilts), averse=bool(frame.risk_aversions))
    if frame.row_caps and ask.constraints.classes:
        yield Violation("row_caps", "count groups, and classes become groups: leave it out, or the header's classes")
    if named.names and len(named.names) != frame.count:
        yield Violation("portfolio_ids", f"send none or {frame.count}, not {len(named.names)}")
