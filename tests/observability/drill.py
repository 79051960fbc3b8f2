"""`python -m tests.observability.drill`: is somebody told, in time, of whatever is killed, and do callers notice?

One process of each kind is killed, and the restart alert must be at the webhook within 60 s; some are held down, and
the down alert must be there within 90 s; then many are killed while clients repeat their idempotent calls as the
contract allows, and 99.9 % of those must be answered. The intervals of Prometheus are the specification's. What a kill
proves and what it does not is said in tests/drill.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from stack.mesh import Mesh
from tests.drill.client import Client, Person, message
from tests.drill.drill import WORKERS, Plan, mesh_settings
from tests.drill.edge import GrpcEdge, Refused
from tests.drill.history import Writer
from tests.drill.load import DATASET, SYMBOLS, strategy
from tests.drill.people import channel_to, keep_fresh, person
from tests.drill.recovery import Observer
from tests.drill.supervisor import Supervisor
from tests.drill.targets import KINDS, Target, kill, target_of
from tests.observability.conftest import Series, Webhook

RESTART, DOWN, AVAILABLE = 60.0, 90.0, 0.999
# A client repeats what may be repeated for so long, each try and each pause at most so long. Seconds.
PATIENCE, TRY, FIRST_PAUSE, LONGEST_PAUSE = 15.0, 10.0, 0.1, 0.8
# How an alert names what was killed.
SERVICE = {"worker": "optimizer-worker", "envoy": "edge"}
HELD = ("portfolio-2", "envoy", "redis", "postgres")


@dataclass
class Calls:
    """How the clients' calls ended."""

    answered: int = 0
    at_once: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """Of the calls that were answered, at the first try or a later one."""
        return self.answered / max(1, self.answered + self.failed.total())


class Stage:
    """A mesh of two replicas, watched, with somebody in it."""

    mesh: Mesh
    webhook: Webhook
    channel: Any
    watcher: Person
    portfolio: str
    observer: Observer
    series: Series


@asynccontextmanager
async def staged(seed: int) -> AsyncIterator[Stage]:
    """Everything started, and ended."""
    stage = Stage()
    stage.webhook = Webhook()
    async with AsyncExitStack() as opened:
        opened.callback(stage.webhook.close)
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="qpo-alerts-"))
        settings = mesh_settings(Plan(seed=seed, replicas=2), Path(folder) / "state")
        changes = {"monitoring": True, "alerts_url": stage.webhook.url}
        stage.mesh = Mesh(settings.model_copy(update=settings.__class__(**changes).model_dump(include=set(changes))))
        await asyncio.to_thread(stage.mesh.start)
        opened.push_async_callback(asyncio.to_thread, stage.mesh.stop)
        await asyncio.to_thread(stage.mesh.wait_ready, 300.0)
        stage.series = Series(stage.mesh.address("prometheus"))
        stage.channel = await opened.enter_async_context(channel_to(stage.mesh.edge_address))
        rest = await opened.enter_async_context(httpx.AsyncClient(base_url=stage.mesh.edge_url, trust_env=False))
        stage.watcher = await person(stage.channel, "watcher@example.com", seed)
        client = Client(0, stage.watcher, GrpcEdge(stage.channel), Writer(), chance=random.Random(0))
        made = await client.call("CreatePortfolio", message("CreatePortfolio", name="watched", strategy=strategy()))
        stage.portfolio = str(made.portfolio.id)
        stage.observer = Observer(stage.channel, rest, stage.watcher, stage.portfolio, WORKERS)
        yield stage


async def restarts(stage: Stage, seed: int, kinds: tuple[str, ...]) -> dict[str, float]:
    """Kills one of each kind; returns the seconds until the webhook was told, infinity if it was not in time."""
    chance, waits = random.Random(seed), dict[str, Any]()
    for kind in kinds:
        target = await asyncio.to_thread(target_of, stage.mesh, kind, chance)
        while target is None or target.what in {"backend", "fork server"}:
            target = await asyncio.to_thread(target_of, stage.mesh, kind, chance)
        # A process that was never looked at began anew for nobody.
        await asyncio.to_thread(stage.series.await_any, _seen(kind), 90.0)
        at = await asyncio.to_thread(kill, target)
        told = asyncio.to_thread(_told, stage, "ProcessRestarted", _labels(stage, target), at, RESTART)
        waits[kind] = asyncio.ensure_future(told)
        with contextlib.suppress(TimeoutError):
            await stage.observer.recovered(kind, at)
    return {kind: await wait for kind, wait in waits.items()}


def _seen(kind: str) -> str:
    """What Prometheus answers once it has looked at all processes of a kind."""
    stores = {
        "postgres": "pg_server_began_time_seconds",
        "redis": "redis_start_time_seconds",
        "envoy": "edge:began:timestamp_seconds > 0 and envoy_server_uptime > 20",
    }
    service = {"worker": "optimizer"}.get(kind, kind)
    return stores.get(kind) or f'count(process_start_time_seconds{{service="{service}"}}) == 2'


def _labels(stage: Stage, target: Target) -> dict[str, str]:
    labels = {"service": SERVICE.get(target.kind, target.kind)}
    if target.kind in {"auth", "portfolio", "marketdata", "ml", "optimizer"}:
        labels["instance"] = stage.mesh.metrics_address(target.what)
    return labels


def _told(stage: Stage, name: str, labels: dict[str, str], since: float, seconds: float) -> float:
    with contextlib.suppress(AssertionError):
        alert = stage.webhook.await_alert(name, since + seconds - time.monotonic(), **labels)
        return float(alert["told"]) - since
    return float("inf")


async def downs(stage: Stage, parts: tuple[str, ...]) -> dict[str, float]:
    """Holds one part down after the other for 90 s; returns the seconds until the webhook was told."""
    found = {}
    for part in parts:
        kind = part.partition("-")[0]
        labels = {"service": SERVICE.get(kind, kind)}
        if kind not in {"envoy", "redis", "postgres"}:
            labels["instance"] = stage.mesh.metrics_address(part)
        held = asyncio.ensure_future(asyncio.to_thread(_hold_down, stage.mesh, part, DOWN))
        found[part] = await asyncio.to_thread(_told, stage, "ProcessDown", labels, time.monotonic(), DOWN)
        await held
        await asyncio.to_thread(stage.mesh.wait_ready, 120.0)
    return found


def _hold_down(mesh: Mesh, part: str, seconds: float) -> None:
    """Kills whatever is started in its place, before it serves."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pid = next(each.pid for each in mesh.parts() if each.name == part)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


async def availability(stage: Stage, kills: int, seed: int, clients: int, pause: float) -> tuple[Calls, int]:
    """Kills at random under idempotent calls; returns how those ended, and how many were killed."""
    calls, chance = Calls(), random.Random(seed)
    supervisor = Supervisor(stage.mesh, stage.observer, Writer(), kills=kills, chance=chance)
    callers = [asyncio.ensure_future(_calling(stage, calls, random.Random(n), pause)) for n in range(clients)]
    beside = [
        *callers,
        asyncio.ensure_future(keep_fresh([stage.watcher])),
        asyncio.ensure_future(_report(supervisor, calls)),
    ]
    try:
        await supervisor.run()
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    return calls, supervisor.done


async def _report(supervisor: Supervisor, calls: Calls) -> None:
    while True:
        await asyncio.sleep(15)
        print(
            f"{supervisor.done} kills, {calls.answered} answered, {dict(calls.failed)} failed, {calls.share:.5%}",
            flush=True,
        )


async def _calling(stage: Stage, calls: Calls, chance: random.Random, pause: float) -> None:
    edge = GrpcEdge(stage.channel)
    asked: dict[str, dict[str, Any]] = {
        "WhoAmI": {},
        "GetPortfolio": {"portfolio_id": stage.portfolio},
        "ListPortfolios": {},
        "ListCloses": {"dataset": DATASET, "symbols": SYMBOLS},
        "EstimateMoments": {"dataset": {"dataset": DATASET, "symbols": SYMBOLS}},
        "ListOptimizations": {},
    }
    while True:
        await asyncio.sleep(chance.uniform(0, 2 * pause))
        method = chance.choice(sorted(asked))
        tries, why = await _tried(edge, method, asked[method], stage.watcher)
        if why is None:
            calls.answered += 1
            calls.at_once += tries == 1
        else:
            calls.failed[f"{method} {why}"] += 1


async def _tried(edge: GrpcEdge, method: str, fields: dict[str, Any], who: Person) -> tuple[int, str | None]:
    """Calls, and calls again what may be: how often, and how it ended at last, None if well."""
    rest, until, tries = FIRST_PAUSE, time.monotonic() + PATIENCE, 0
    while True:
        tries += 1
        try:
            await edge.call(method, message(method, **fields), who.token, TRY)
        except Refused as refused:
            if refused.code not in {"UNAVAILABLE", "DEADLINE_EXCEEDED", "UNAUTHENTICATED"} or time.monotonic() > until:
                return tries, refused.code
            if refused.code == "UNAUTHENTICATED" and who.renew is not None:
                await who.renew()
        else:
            return tries, None
        await asyncio.sleep(rest)
        rest = min(2 * rest, LONGEST_PAUSE)


async def drill(asked: argparse.Namespace) -> dict[str, Any]:
    """Runs what is asked; returns the figures."""
    async with staged(asked.seed) as stage:
        figures: dict[str, Any] = {"seed": asked.seed}
        if asked.restarted:
            figures["restart_alert_seconds"] = await restarts(stage, asked.seed, tuple(asked.restarted))
            print(json.dumps(figures), flush=True)
        if asked.held:
            figures["down_alert_seconds"] = await downs(stage, tuple(asked.held))
            print(json.dumps(figures), flush=True)
        if asked.kills:
            calls, figures["kills"] = await availability(stage, asked.kills, asked.seed, asked.clients, asked.pause)
            figures |= {"calls": calls.answered + calls.failed.total(), "availability": calls.share}
            figures |= {"at_the_first_try": calls.at_once / max(1, calls.answered), "failed": dict(calls.failed)}
    late = [each for each in figures.get("restart_alert_seconds", {}).values() if each > RESTART]
    late += [each for each in figures.get("down_alert_seconds", {}).values() if each > DOWN]
    figures["passed"] = not late and figures.get("availability", 1.0) >= AVAILABLE
    return figures


def main() -> int:
    """From the command line; 1 if somebody was told late or not at all, or too many calls failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.observability.drill", description="Is anybody told?")
    parser.add_argument("--seed", type=int, default=1, help="deals what is killed (1)")
    parser.add_argument("--restarted", nargs="*", default=KINDS, help="kinds of which one is killed")
    parser.add_argument("--held", nargs="*", default=HELD, help="parts that are held down")
    parser.add_argument("--kills", type=int, default=200, help="under idempotent calls (200)")
    parser.add_argument("--clients", type=int, default=8, help="that call (8)")
    parser.add_argument("--pause", type=float, default=0.25, help="seconds between two calls of a client (0.25)")
    figures = asyncio.run(drill(parser.parse_args()))
    print(json.dumps(figures, indent=2))
    return 0 if figures["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
