"""Version 2 beside version 1, by what istiod makes of traffic/ and of the examples: asked for, in shares, and back."""

import asyncio
import collections

import pytest

from tests.istio.calls import CREATE, GET
from tests.istio.mesh import until
from tools.mesh.__main__ import ROOT, write
from tools.mesh.routes import routes_of

BASE = "traffic/calls-of-portfolio-are-routed-by-method.yaml"


@pytest.fixture(autouse=True)
def restored(running):
    yield
    shift(running, 0)


def shift(running, share: int) -> None:
    """Rewrites the VirtualService as who moves a canary does, and waits until the edge's sidecar knows."""
    example = ROOT / f"examples/{share}-of-100-calls-go-to-portfolio-v2.yaml"
    if share == 0:
        text = (ROOT / BASE).read_text()
    else:
        text = example.read_text() if example.exists() else write([routes_of("portfolio", (100 - share, share))])
    running.mesh.rewrite(BASE, text)
    until(f"{share} of 100", lambda: share_at_edge(running) == {share})


def share_at_edge(running) -> set[int]:
    """Of the calls that say no version, by the sidecar's own account."""
    return set(running.mesh.shares(running.edge, "portfolio-service", "v2"))


async def test_all_calls_go_to_version_1_to_begin_with(running):
    async with running.caller() as caller:
        assert await caller.calls(100, GET) == {"portfolio-v1": 100}


async def test_a_call_that_asks_for_version_2_goes_to_version_2(running):
    async with running.caller() as caller:
        assert await caller.calls(20, GET, version="v2") == {"portfolio-v2": 20}
        assert await caller.calls(20, CREATE, version="v2") == {"portfolio-v2": 20}
        assert await caller.calls(20, GET, version="v1") == {"portfolio-v1": 20}


async def share_of(running, asked: int, count: int) -> float:
    shift(running, asked)
    async with running.caller() as caller:
        answers = await caller.calls(count, GET)
    assert answers.total() == count
    assert set(answers) == {"portfolio-v1", "portfolio-v2"}
    share = 100 * answers["portfolio-v2"] / count
    print(f"asked {asked} %, got {share:.2f} % of {count} calls")
    return share


async def test_a_canary_gets_its_share_within_two_points(running):
    assert abs(await share_of(running, 10, 2000) - 10) <= 2


@pytest.mark.nightly
@pytest.mark.parametrize("asked", [10, 50])
async def test_a_canary_gets_its_share_of_5000_calls_within_two_points(running, asked):
    assert abs(await share_of(running, asked, 5000) - asked) <= 2


async def shifted(running, seconds: float) -> collections.Counter:
    """Calls all the while, as the share grows to 100 and falls back to 0; returns who answered."""
    answers: collections.Counter = collections.Counter()
    done = asyncio.Event()

    async def calling(caller) -> None:
        while not done.is_set():
            answers.update(await caller.calls(20, GET, at_once=4))

    async with running.caller() as caller:
        load = asyncio.create_task(calling(caller))
        for share in (10, 50, 100):
            await asyncio.to_thread(shift, running, share)
            await asyncio.sleep(seconds)
        await asyncio.to_thread(shift, running, 0)
        # What was on its way is answered by either; what comes now, by version 1.
        done.set()
        await load
        assert await caller.calls(50, GET) == {"portfolio-v1": 50}
    return answers


async def test_a_canary_moves_from_0_to_100_and_back_without_a_failed_call(running):
    answers = await shifted(running, 0.5)
    print(dict(answers))
    assert set(answers) == {"portfolio-v1", "portfolio-v2"}


@pytest.mark.nightly
async def test_a_canary_moves_during_minutes_without_a_failed_call(running):
    answers = await shifted(running, 20)
    assert set(answers) == {"portfolio-v1", "portfolio-v2"}
