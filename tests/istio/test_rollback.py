"""A new version goes on, or is taken back, by the rule of deploy/delivery, under load and without a failed call.

Argo Rollouts' part is played here: it moves the weights of istio/'s routes as the Rollout's steps say, and asks the
rule's own questions of a real Prometheus, which reads what both versions tell.
"""

import asyncio
import collections
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import httpx
import pytest
import yaml

from benchmarks.program import free_port
from tests.deploy.delivery_rule import FAILS, FOLDER, PASSES, Metric, args_of, metrics
from tests.istio.calls import GET, Caller
from tests.istio.mesh import answers, program, until
from tests.istio.test_canaries import shift

RATE = 200.0  # calls per second
Ask = Callable[[str], Sequence[float]]
pytestmark = [pytest.mark.component("prometheus"), pytest.mark.timeout(420)]


@dataclass(frozen=True)
class Fault:
    """What is wrong with version 2, in one call of so many, and which of the rule's questions shows it."""

    shown_by: str
    told: dict[str, str]
    every: int = 1

    def of(self, number: int) -> dict[str, str]:
        """What a call tells the workloads."""
        return {"x_at": "portfolio-v2", **self.told} if number % self.every == 0 else {}


NONE = Fault("", {})
LATE = Fault("p95", {"x_slow": "300"})
# Of what fails the mesh repeats a fifth at most: of a version that fails all, callers would hear.
FAILING = Fault("success-rate", {"x_fail": "1"}, every=20)
# In ten seconds so few calls come to it that all of twenty in one may be well.
FAILING_OFTEN = Fault("success-rate", {"x_fail": "1"}, every=4)


@dataclass
class RollOut:
    """What became of one: the shares that version 2 was given, what the rule said, and who answered."""

    shares: list[int] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))
    answers: collections.Counter[str] = field(default_factory=collections.Counter)
    failed: list[str] = field(default_factory=list)


@pytest.fixture
def ask(running, tmp_path: Path) -> Iterator[Ask]:
    """Asks a Prometheus of this roll-out alone."""
    targets = [
        {"targets": [f"127.0.0.1:{place.metrics}"], "labels": {"version": place.version}}
        for place in (running.v1, running.v2)
    ]
    read = {"job_name": "portfolio-app", "scrape_interval": "1s", "static_configs": targets}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": [read]}))
    at = f"127.0.0.1:{free_port()}"
    words = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={at}"]
    with program(words, tmp_path / "log", tmp_path) as process, httpx.Client(trust_env=False) as client:
        until("Prometheus", lambda: process.poll() is not None or answers(f"http://{at}/-/ready"))

        def asked(query: str) -> list[float]:
            told = client.get(f"http://{at}/api/v1/query", params={"query": query}).json()
            return [float(each["value"][1]) for each in told["data"]["result"]]

        yield asked


@contextlib.asynccontextmanager
async def load(caller: Caller, seen: RollOut, fault: Fault) -> AsyncIterator[None]:
    """Calls at a fixed rate, however long the answers take, until the block ends and all are answered."""
    over, pending = asyncio.Event(), set[asyncio.Task[None]]()

    async def one(number: int) -> None:
        answer = await caller.call(GET, **fault.of(number))
        if answer.code is grpc.StatusCode.OK:
            seen.answers[answer.name] += 1
        else:
            seen.failed.append(f"{answer.code.name} {answer.why}")

    async def calling() -> None:
        began = time.monotonic()
        for number in itertools.count():
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            if over.is_set():
                return
            task = asyncio.ensure_future(one(number))
            pending.add(task)
            task.add_done_callback(pending.discard)

    going = asyncio.ensure_future(calling())
    try:
        yield
    finally:
        over.set()
        await going
        await asyncio.gather(*pending)


async def rolled_out(running, ask: Ask, seconds: float, fault: Fault) -> RollOut:
    """Rolls version 2 out as the Rollout has it; each step takes `seconds`, in which the rule is asked four times."""
    seen, rule = RollOut(), metrics(**args_of("portfolio"))
    steps = yaml.safe_load((FOLDER / "from-ten-to-fifty-to-all.yaml").read_text())
    try:
        async with running.caller() as caller, load(caller, seen, fault):
            for share in [*_weights(steps), 100]:
                await _move(running, seen, share)
                if await _fails(ask, rule, seconds, seen):
                    await _move(running, seen, 0)
                    # As much again under load, so that what was on its way has been answered.
                    await asyncio.sleep(seconds)
                    break
    finally:
        await asyncio.to_thread(shift, running, 0)
    return seen


def _weights(patch: list[dict]) -> list[int]:
    steps = [step for each in patch if each["path"].endswith("/steps") for step in each["value"]]
    return [step["setWeight"] for step in steps if "setWeight" in step]


async def _move(running, seen: RollOut, share: int) -> None:
    await asyncio.to_thread(shift, running, share)
    seen.shares.append(share)


async def _fails(ask: Ask, rule: Sequence[Metric], seconds: float, seen: RollOut) -> bool:
    """Whether the rule takes the version back: what it asks fails more often than it lets."""
    limits = {
        each["name"]: each["failureLimit"]
        for each in yaml.safe_load((FOLDER / "rule.yaml").read_text())["spec"]["metrics"]
    }
    for _ in range(4):
        await asyncio.sleep(seconds / 4)
        for each in rule:
            seen.said[each.name].append(each.verdict(await asyncio.to_thread(ask, each.query)))
        if any(said.count(FAILS) > limits[name] for name, said in seen.said.items()):
            return True
    return False


async def _is_good(running, ask: Ask, seconds: float) -> None:
    seen = await rolled_out(running, ask, seconds, NONE)
    print(seen)
    assert seen.failed == []
    assert seen.shares == [10, 50, 100]
    assert all(FAILS not in said and said[-1] == PASSES for said in seen.said.values())
    assert set(seen.answers) == {"portfolio-v1", "portfolio-v2"}


async def _is_taken_back(running, ask: Ask, seconds: float, fault: Fault) -> None:
    seen = await rolled_out(running, ask, seconds, fault)
    print(seen)
    assert seen.failed == []
    assert seen.shares == [10, 0]
    (other,) = set(seen.said) - {fault.shown_by}
    assert seen.said[fault.shown_by].count(FAILS) == 2
    assert FAILS not in seen.said[other]
    # It saw a tenth of the calls, and of what came later none.
    assert seen.answers["portfolio-v1"] > 5 * seen.answers["portfolio-v2"] > 0


async def test_a_version_that_is_well_goes_on_to_all_calls(running, ask):
    await _is_good(running, ask, 10)


async def test_a_version_that_answers_too_late_is_taken_back_and_no_call_fails(running, ask):
    await _is_taken_back(running, ask, 10, LATE)


async def test_a_version_that_fails_is_taken_back_and_the_mesh_repeats_what_failed(running, ask):
    await _is_taken_back(running, ask, 10, FAILING_OFTEN)


@pytest.mark.nightly
async def test_a_version_that_is_well_goes_on_under_a_minute_of_load_at_each_step(running, ask):
    await _is_good(running, ask, 60)


@pytest.mark.nightly
@pytest.mark.parametrize("fault", [LATE, FAILING], ids=lambda fault: fault.shown_by)
async def test_a_bad_version_is_taken_back_under_a_minute_of_load(running, ask, fault):
    await _is_taken_back(running, ask, 60, fault)
