"""Other processes take the place of those that run, and nobody misses a call."""

import pytest

from tests.drill.restart import drill

NIGHTLY = [pytest.param(name, marks=pytest.mark.nightly) for name in ("portfolio", "marketdata-2")]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("part", ["edge", *NIGHTLY])
async def test_no_call_fails_while_a_part_gives_way(mesh, part):
    outcome = await drill(mesh, [part], rate=40, seconds=3)
    assert outcome.failures == []
    assert sum(outcome.calls.values()) > 100
    assert outcome.ticks > 0
