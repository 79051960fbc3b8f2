"""Small solves where the call is: to ask a worker for them takes longer than to solve them."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable

from services.optimizer.adapters.residents import Residents
from services.optimizer.adapters.versions import versions
from services.optimizer.app.ports import Lent
from services.optimizer.domain.classes import grouped
from services.optimizer.domain.engine import Control, Engine
from services.optimizer.domain.failure import is_foreseen
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.resident import whole
from services.optimizer.domain.result import Optimum

# N (K + m) up to which a solve takes a millisecond or two, and seconds after which it is given up all the same.
LARGEST = 50_000
LONGEST = 0.005
MOST, MOST_BYTES = 16, 16 << 20


def newton() -> Engine:
    """The engine that is quick, alone, compiled."""
    # Imported here: it is large, and only whoever lends universes needs it.
    from services.optimizer.domain.solvers.choosing import NEWTON, ChoosingEngine
    from services.optimizer.domain.solvers.warm import warm

    engine = ChoosingEngine((NEWTON,), versions())
    warm(engine, choices=False)
    # Some hundred thousand objects that stay: no collection need look at them again.
    gc.freeze()
    return engine


class EngineQuickSolver:
    """`QuickSolver` on the event loop, one solve for each turn of it, so that nothing else waits for more than one.

    The engine is loaded beside the first calls, which find nobody here.
    """

    def __init__(self, load: Callable[[], Engine] = newton) -> None:
        self._load = load
        self._loading: asyncio.Future[Engine] | None = None
        self._residents = Residents(MOST, MOST_BYTES)
        self._taken = False

    async def solve(self, problem: Problem, lent: Lent, seconds: float) -> Optimum | None:
        """See `QuickSolver.solve`."""
        engine = self._engine()
        if engine is None or not _is_small(problem, lent):
            return None
        universe = bytes.fromhex(lent.universe_id)
        if self._residents.get(universe) is None:
            # Writable: read-only arrays are another type to whatever is compiled for types.
            self._residents.put(universe, bytearray(await lent.read()))
        moments = self._residents.get(universe)
        if moments is None or self._taken:
            return None
        self._taken = True
        asyncio.get_running_loop().call_soon(self._free)
        stated = grouped(whole(problem, moments), {})
        control = Control(clock=time.monotonic, ends_at=time.monotonic() + min(seconds, LONGEST))
        try:
            found = engine.solve(stated, control)
        except Exception as error:
            if not is_foreseen(error):
                raise
            return None  # Why there is no answer takes longer to find.
        return None if found.solved.clock_stopped else found

    async def ready(self) -> None:
        """Return once the engine is there. Raises what kept it from being loaded."""
        await asyncio.shield(self._begun())

    def _begun(self) -> asyncio.Future[Engine]:
        if self._loading is None:
            self._loading = asyncio.get_running_loop().run_in_executor(None, self._load)
        return self._loading

    def _engine(self) -> Engine | None:
        """The engine; None until it is there."""
        loading = self._begun()
        return loading.result() if loading.done() else None

    def _free(self) -> None:
        self._taken = False


def _is_small(problem: Problem, lent: Lent) -> bool:
    constraints = problem.constraints
    if problem.lots is not None:
        return False
    rows = 1 + len(constraints.groups) + len(constraints.rows) + len(constraints.factors)
    return lent.assets * (lent.factors + rows) <= LARGEST
