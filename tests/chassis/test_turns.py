"""Whoever works for long lets others go first now and then, and not at every step."""

import pytest

from chassis.turns import HELD, Turns
from tests.chassis.steps import steps_during


@pytest.mark.parametrize(("step", "turns"), [(HELD, 20), (HELD / 4, 5), (0.0, 0)])
async def test_others_have_a_turn_each_time_so_much_work_was_done(step, turns):
    now = 0.0
    given = Turns(lambda: now)

    async def work():
        nonlocal now
        for _ in range(20):
            now += step
            await given.give()

    assert await steps_during(work()) == pytest.approx(turns, abs=1)
