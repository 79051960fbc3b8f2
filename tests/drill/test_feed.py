"""The drill of a feed in short: one process of each kind killed, every tick stored once and told to whoever reads."""

import pytest

from tests.drill.feed import KINDS, Plan, drill


@pytest.mark.mesh
@pytest.mark.timeout(240)
async def test_every_tick_is_stored_once_when_one_process_of_each_kind_is_killed():
    outcome = await drill(Plan(ticks=60_000, kills=len(KINDS), seed=3))
    assert outcome.violations == []
    assert set(outcome.kills) == set(KINDS)
    assert outcome.stored == sum(outcome.sent.values()) >= 60_000
