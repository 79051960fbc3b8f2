"""Every checker finds the bugs that it is there for, and nothing where there is none."""

import pytest

from tests.drill.bugs import BUGS, Bug
from tests.drill.checkers import verdict
from tests.drill.rehearsal import Stage, rehearsed


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_found_in_the_product_as_it_is(stage: Stage, seed: int) -> None:
    run = await rehearsed(stage, seed)
    assert verdict(run) == []
    assert sum(call.lost for call in run.calls) > 20
    assert len(run.log["portfolio"]) > 50


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
async def test_a_planted_bug_is_found_by_its_checker(bug: Bug, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch, stage)
    found = verdict(await rehearsed(stage))
    assert bug.breaks in {violation.invariant for violation in found}
