"""A service that is late on purpose, as the example asks for it: which calls are, and what becomes of them."""

import asyncio
import itertools
import time

import grpc
import pytest
import yaml
from scipy.stats import binom

from tests.istio.calls import CLOSES, CREATE, GET
from tests.istio.mesh import until
from tests.istio.test_canaries import BASE
from tools.mesh.__main__ import ROOT

OK = grpc.StatusCode.OK
EXAMPLE = ROOT / "examples/one-call-of-portfolio-in-a-thousand-is-5-seconds-late.yaml"
FILTER = "envoy.filters.http.fault"
DELAYED = r"outbound.*\.fault\.delays_injected"
# A timer of Envoy's begins when its loop last woke, which is a little earlier.
LATE = 5.0 - 0.1  # seconds


@pytest.fixture(autouse=True)
def restored(running):
    yield
    running.mesh.rewrite(BASE, (ROOT / BASE).read_text())
    until("no fault", lambda: not any(faults(running)))


def faults(running) -> list[dict]:
    """What the edge's sidecar was told to do to the calls of portfolio, by route."""
    routes = running.mesh.routes(running.edge, "portfolio-service")
    return [route.get("typed_per_filter_config", {}).get(FILTER, {}) for route in routes]


def delay(running, percentage: float) -> None:
    """Puts the example in the routes' place, with as many late calls, and waits until the edge's sidecar knows."""
    routes = yaml.safe_load(EXAMPLE.read_text())
    for route in routes["spec"]["http"]:
        route["fault"]["delay"]["percentage"]["value"] = percentage
    running.mesh.rewrite(BASE, yaml.safe_dump(routes))
    share = {"numerator": round(percentage * 10_000), "denominator": "MILLION"}
    until("the fault", lambda: all(fault.get("delay", {}).get("percentage") == share for fault in faults(running)))


async def timed(caller, path):
    """A call's answer, and how many seconds it took."""
    began = time.monotonic()
    answer = await caller.call(path)
    return answer, time.monotonic() - began


async def test_the_example_makes_one_call_in_a_thousand_late_on_every_route(running):
    assert not any(faults(running))
    running.mesh.rewrite(BASE, EXAMPLE.read_text())
    until("the example", lambda: any(faults(running)))
    told = faults(running)
    names = {route["name"] for route in running.mesh.routes(running.edge, "portfolio-service")}
    assert names == {"quick", "long", "once", "quick-v2", "long-v2", "once-v2"}
    for fault in told:
        assert fault["delay"]["fixed_delay"] == "5s"
        assert fault["delay"]["percentage"] == {"numerator": 1000, "denominator": "MILLION"}
        assert "abort" not in fault


async def test_a_late_call_is_answered_once_and_those_of_others_at_once(running):
    """A try has two seconds, which are the workload's: what a fault holds back is not tried yet, nor repeated."""
    delay(running, 100)
    async with running.caller() as caller, running.caller("marketdata") as other:
        late = asyncio.gather(*(timed(caller, path) for path in 4 * (GET, CREATE)))
        punctual = await asyncio.gather(*(timed(other, CLOSES) for _ in range(8)))
        assert not late.done()
        delayed = await late
    assert [(answer.code, answer.tries) for answer, _ in delayed] == 8 * [(OK, 1)]
    assert [answer.code for answer, _ in punctual] == 8 * [OK]
    assert min(took for _, took in delayed) >= LATE
    assert max(took for _, took in punctual) < LATE


async def test_all_calls_are_answered_at_once_when_the_example_is_taken_back(running):
    delay(running, 100)
    running.mesh.rewrite(BASE, (ROOT / BASE).read_text())
    until("no fault", lambda: not any(faults(running)))
    async with running.caller() as caller:
        punctual = await asyncio.gather(*(timed(caller, path) for path in 4 * (GET, CREATE)))
    assert [answer.code for answer, _ in punctual] == 8 * [OK]
    assert max(took for _, took in punctual) < LATE


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_of_20000_calls_one_in_a_thousand_is_late_and_none_fails(running):
    delay(running, 0.1)
    count, left = 20_000, itertools.count()
    codes, late = set(), 0
    before = running.mesh.stat(running.edge, DELAYED)

    async def one_by_one(caller) -> None:
        nonlocal late
        while next(left) < count:
            answer, took = await timed(caller, GET)
            codes.add(answer.code)
            late += took >= LATE

    async with running.caller() as caller:
        await asyncio.gather(*(one_by_one(caller) for _ in range(32)))
    print(f"{late} of {count} calls were late")
    assert codes == {OK}
    assert late == running.mesh.stat(running.edge, DELAYED) - before
    # A right share is outside of this once in a million runs.
    fewest, most = binom.interval(1 - 1e-6, count, 0.001)
    assert fewest <= late <= most
