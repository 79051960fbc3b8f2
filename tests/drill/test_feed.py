"""The drill of a feed in short: one process of each kind killed, every tick stored once and told to whoever reads."""

import shutil

import pytest

from tests.drill.feed import KINDS, Plan, drill


@pytest.mark.mesh
@pytest.mark.timeout(240)
async def test_every_tick_is_stored_once_when_one_process_of_each_kind_is_killed():
    influx = shutil.which("influxd") is not None
    kinds = {*KINDS, "influx"} if influx else {*KINDS}
    outcome = await drill(Plan(ticks=60_000, kills=len(kinds), seed=3, influx=influx))
    assert outcome.violations == []
    assert set(outcome.kills) == kinds
    assert outcome.stored == sum(outcome.sent.values()) >= 60_000
