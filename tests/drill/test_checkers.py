"""Every checker finds the bugs that it is there for, and nothing where there is none."""

from collections.abc import Awaitable, Callable

import pytest

from tests.drill.bugs import BUGS, BUGS_OF_JOBS, Bug
from tests.drill.checkers import verdict
from tests.drill.history import Run
from tests.drill.rehearsal import Stage, rehearsed
from tests.drill.rehearsal_jobs import rehearsed_jobs

Emptied = Callable[[], Awaitable[Stage]]


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_found_in_the_product_as_it_is(stage: Stage, seed: int) -> None:
    run = await rehearsed(stage, seed)
    assert verdict(run) == []
    assert sum(call.lost for call in run.calls) > 20
    assert len(run.log["portfolio"]) > 50


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
async def test_a_planted_bug_is_found_by_its_checker(
    bug: Bug, stage: Stage, emptied_stage: Emptied, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug.plant(monkeypatch, stage)
    assert await is_found(bug, rehearsed, emptied_stage)


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_found_in_the_jobs_as_they_are(job_stage: Stage, seed: int) -> None:
    run = await rehearsed_jobs(job_stage, seed)
    assert verdict(run) == []
    jobs = run.table("optimizer.optimizations")
    assert {job["state"] for job in jobs} >= {"succeeded", "failed"}
    assert {job["attempts"] for job in jobs} == {1, 2}


@pytest.mark.parametrize("bug", BUGS_OF_JOBS, ids=lambda bug: bug.name)
async def test_a_bug_planted_into_the_jobs_is_found(
    bug: Bug, job_stage: Stage, emptied_job_stage: Emptied, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug.plant(monkeypatch, job_stage)
    assert await is_found(bug, rehearsed_jobs, emptied_job_stage)


async def is_found(bug: Bug, rehearse: Callable[[Stage, int], Awaitable[Run]], emptied: Emptied) -> bool:
    """Whether its checker finds a bug. What is cut off is chance, and a bug that nothing met is no bug: three tries."""
    for seed in (1, 2, 3):
        if bug.breaks in {violation.invariant for violation in verdict(await rehearse(await emptied(), seed))}:
            return True
    return False
