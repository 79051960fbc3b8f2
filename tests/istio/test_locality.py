"""Replicas in two zones: what istiod makes of traffic/ for callers in either, and when one's own zone has none left."""

import asyncio

import pytest

from tests.istio.calls import ESTIMATE, Caller
from tests.istio.mesh import until

EJECTED = r"\|v2\|ml-service.*outlier_detection\.ejections_active"


def ejected(running) -> int:
    """How many replicas of ml's next version the edge's sidecar lets rest."""
    return running.mesh.stat(running.edge, EJECTED)


@pytest.fixture(autouse=True)
async def rested(running):
    """All is well to begin with, whatever failed before."""
    await asyncio.to_thread(until, "no ejection", lambda: ejected(running) == 0, 90)


async def test_calls_stay_in_the_callers_zone(running):
    token = running.tokens.mint()
    async with running.caller("ml") as here, Caller.through(running.impostor, "ml", token) as there:
        assert await here.calls(100, ESTIMATE, version="v2") == {running.near.name: 100}
        assert await there.calls(100, ESTIMATE, version="v2") == {running.far.name: 100}


async def test_calls_go_to_the_other_zone_when_the_replica_here_fails(running):
    async with running.caller("ml") as caller:
        assert await caller.calls(20, ESTIMATE, version="v2") == {running.near.name: 20}
        while not ejected(running):
            await caller.call(ESTIMATE, version="v2", x_fail_at=running.near.name)
        # It would answer now, and is not asked.
        assert await caller.calls(100, ESTIMATE, version="v2") == {running.far.name: 100}


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_calls_come_back_when_the_replica_here_has_rested(running):
    async with running.caller("ml") as caller:
        while not ejected(running):
            await caller.call(ESTIMATE, version="v2", x_fail_at=running.near.name)
        await asyncio.to_thread(until, "the end of its rest", lambda: ejected(running) == 0, 90)
        assert await caller.calls(100, ESTIMATE, version="v2") == {running.near.name: 100}
