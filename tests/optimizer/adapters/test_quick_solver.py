"""Small solves where the call is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.optimizer.adapters import quick_solver_engine
from services.optimizer.adapters.quick_solver_engine import EngineQuickSolver
from services.optimizer.app.ports import Lent
from services.optimizer.domain.constraints import Cardinality, Constraints
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.records import replayable, to_bytes
from services.optimizer.domain.resident import absent, universe_id
from services.optimizer.domain.solvers.choosing import NEWTON, ChoosingEngine
from tests.optimizer.problems import control, moments, problem

UNIVERSE = moments(dense=False)
STATED = problem(Goal(Objective.UTILITY, risk_aversion=4), of=absent())


def lent(assets: int = 12) -> Lent:
    data = to_bytes(UNIVERSE)

    async def read() -> bytes:
        return data

    return Lent(universe_id(data), assets, 3, read)


async def ready(engine: object = None) -> EngineQuickSolver:
    """One whose engine is loaded."""
    quick = EngineQuickSolver(lambda: engine or ChoosingEngine((NEWTON,)))  # type: ignore[arg-type,return-value]
    await quick.ready()
    return quick


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A machine that does other things meanwhile is no reason to give up here."""
    monkeypatch.setattr(quick_solver_engine, "LONGEST", 60.0)


async def test_the_answer_is_that_of_a_worker():
    quick = await ready()
    found = await quick.solve(STATED, lent(), 1.0)
    own = ChoosingEngine().solve(replace(STATED, moments=UNIVERSE), control())
    assert found is not None
    assert replayable(found) == replayable(own)


async def test_nobody_is_there_until_the_engine_is():
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow() -> ChoosingEngine:
        asyncio.run_coroutine_threadsafe(told.wait(), loop).result()
        return ChoosingEngine((NEWTON,))

    quick = EngineQuickSolver(slow)
    assert await quick.solve(STATED, lent(), 1.0) is None
    told.set()
    await quick.ready()
    assert await quick.solve(STATED, lent(), 1.0) is not None


async def test_one_is_solved_in_each_turn_of_the_loop():
    quick = await ready()
    found = await asyncio.gather(*(quick.solve(STATED, lent(), 1.0) for _ in range(3)))
    assert [each is not None for each in found] == [True, False, False]
    assert await quick.solve(STATED, lent(), 1.0) is not None


async def test_what_is_large_is_for_the_workers():
    assert await (await ready()).solve(STATED, lent(assets=1_000_000), 1.0) is None


@pytest.mark.parametrize(
    "stated",
    [
        replace(STATED, constraints=Constraints(max_budget=0.5, min_budget=0.6)),
        replace(STATED, constraints=Constraints(min_budget=20.0, max_budget=20.0)),
    ],
    ids=["invalid", "infeasible"],
)
async def test_what_has_no_answer_is_for_the_workers_to_explain(stated):
    assert await (await ready()).solve(stated, lent(), 1.0) is None


async def test_a_defect_is_told():
    quick = await ready()
    with pytest.raises(AttributeError):
        await quick.solve(replace(STATED, goal=None), lent(), 1.0)  # type: ignore[arg-type]


async def test_what_the_clock_stopped_is_for_the_workers():
    class Stopped(ChoosingEngine):
        def solve(self, stated, watch):
            found = super().solve(stated, watch)
            return replace(found, solved=replace(found.solved, clock_stopped=stated.seed == 1))

    quick = await ready(Stopped((NEWTON,)))
    assert await quick.solve(replace(STATED, seed=1), lent(), 1.0) is None
    assert await quick.solve(STATED, lent(), 1.0) is None  # in the same turn
    await asyncio.sleep(0)
    assert await quick.solve(STATED, lent(), 1.0) is not None


async def test_the_engine_that_is_loaded_solves_the_same():
    quick = EngineQuickSolver()
    await quick.ready()
    found = await quick.solve(STATED, lent(), 1.0)
    assert found is not None
    assert found.solved.engine == "dual_newton"
    assert found.run is not None
    assert "numba" in found.run.versions


async def test_a_limit_on_how_many_are_held_is_for_the_workers():
    few = replace(STATED, constraints=Constraints(cardinality=Cardinality(3)))
    assert await (await ready()).solve(few, lent(), 1.0) is None
