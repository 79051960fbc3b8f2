"""GetPortfolio against the same read in FastAPI: both with the JWT check, traces sent to a collector, and metrics.

Each server is asked directly, without Envoy; the servers take turns within a round.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks import calls
from benchmarks.cell import Measured, Target, cpu_ratio, interleaved, median
from benchmarks.figures import Figure
from benchmarks.load import Load
from benchmarks.program import free_port, running
from benchmarks.scale import Scale
from benchmarks.world import World
from stack.parts import all_parts

CALLERS = 32
RATE = 500.0  # calls per second of the calm rounds: none of the servers is full
OURS, HIT, RIVAL, TUNED = "ours", "ours_l1", "fastapi", "fastapi_tuned"
_RATIOS = {"ours_over_fastapi": (OURS, RIVAL), "l1_over_fastapi": (HIT, RIVAL), "ours_over_tuned": (OURS, TUNED)}


def figures(world: World, scale: Scale) -> Iterator[Figure]:
    """CPU per call, requests per second and latency of each server, and the ratios of CPU."""
    with _servers(world) as full:
        yield from _shown("saturated", interleaved(full, scale))
        calm = {name: replace(target, load=replace(target.load, callers=8, rate=RATE)) for name, target in full.items()}
        yield from _shown("calm", interleaved(calm, scale))


def _shown(how: str, found: Mapping[str, list[Measured]]) -> Iterator[Figure]:
    for name, runs in found.items():
        prefix = f"reading.{how}.{name}"
        yield Figure(f"{prefix}.cpu", 1e6 * median(runs, lambda run: run.cpu["server"]), "us")
        yield Figure(f"{prefix}.postgres_cpu", 1e6 * median(runs, lambda run: run.cpu["postgres"]), "us")
        yield Figure(f"{prefix}.rate", median(runs, lambda run: run.rate), "1/s")
        for percent in (50, 95, 99):
            yield Figure(f"{prefix}.p{percent}", 1e3 * median(runs, _percentile(percent / 100)), "ms")
    for ratio, (one, other) in _RATIOS.items():
        yield Figure(f"reading.{how}.{ratio}", cpu_ratio(found[one], found[other], "server"), "x")


def _percentile(share: float) -> Callable[[Measured], float]:
    return lambda run: run.sent.percentile(share)


@contextlib.contextmanager
def _servers(world: World) -> Iterator[dict[str, Target]]:
    """Four servers on the mesh's database, and their collector."""
    token = world.reader.token()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qpo-bench-")))
        collector = free_port()
        stack.enter_context(running("benchmarks.sink", collector, folder / "sink.log", {}, str(collector)))

        def target(
            name: str, start: Callable[[str, int], contextlib.AbstractContextManager[tuple[int, str, str]]]
        ) -> Target:
            port = free_port()
            pid, metrics, endpoint = stack.enter_context(start(name, port))
            protocol = "rest" if name in (RIVAL, TUNED) else "grpc"
            load = Load(f"127.0.0.1:{port}", calls.get_portfolio(world.portfolio_id), protocol, token, CALLERS, 0)
            return Target(load, {"server": [pid], "postgres": world.pids("postgres")}, [metrics], endpoint)

        def ours(name: str, port: int) -> contextlib.AbstractContextManager[tuple[int, str, str]]:
            return _ours(world, folder / f"{name}.log", port, collector, cache=name == HIT)

        def rival(name: str, port: int) -> contextlib.AbstractContextManager[tuple[int, str, str]]:
            return _rival(world, folder / f"{name}.log", port, collector, tuned=name == TUNED)

        yield {
            OURS: target(OURS, ours),
            HIT: target(HIT, ours),
            RIVAL: target(RIVAL, rival),
            TUNED: target(TUNED, rival),
        }


@contextlib.contextmanager
def _ours(world: World, log: Path, port: int, collector: int, *, cache: bool) -> Iterator[tuple[int, str, str]]:
    """A portfolio service like the mesh's own, on another port, traced."""
    told = _environment(world)
    metrics = free_port()
    told |= {"QPO_PORTFOLIO_PORT": str(port), "QPO_PORTFOLIO_METRICS_PORT": str(metrics)}
    told |= {"QPO_PORTFOLIO_OTLP_ENDPOINT": f"127.0.0.1:{collector}", "QPO_PORTFOLIO_CACHE": "on" if cache else "off"}
    with running("services.portfolio", port, log, told) as pid:
        yield pid, f"127.0.0.1:{metrics}", calls.get_portfolio("").method


@contextlib.contextmanager
def _rival(world: World, log: Path, port: int, collector: int, *, tuned: bool) -> Iterator[tuple[int, str, str]]:
    """The FastAPI service on the same rows."""
    jwks = httpx.get(f"{world.mesh.edge_url}/.well-known/jwks.json", trust_env=False).raise_for_status().text
    told = {
        "RIVAL_PORT": str(port),
        "RIVAL_DATABASE_URL": (_told(world) / "QPO_PORTFOLIO_DATABASE_URL").read_text(),
        "RIVAL_KEYRING_FILE": _environment(world)["QPO_PORTFOLIO_KEYRING_FILE"],
        "RIVAL_OTLP_ENDPOINT": f"127.0.0.1:{collector}",
        "RIVAL_JWKS": jwks,
        "RIVAL_TUNED": str(int(tuned)),
    }
    with running("benchmarks.rivals.fastapi_portfolio", port, log, told) as pid:
        yield pid, f"127.0.0.1:{port}", "/api/v1/portfolios/{portfolio_id}"


def _told(world: World) -> Path:
    """The folder of what the mesh tells its portfolio service by files."""
    return Path(_environment(world)["QPO_SECRETS_DIR"].rpartition(os.pathsep)[2])


def _environment(world: World) -> dict[str, str]:
    """What the mesh tells its portfolio service."""
    parts = all_parts(world.settings, world.mesh.layout, world.mesh.addresses)
    command = next(part.command for part in parts if part.name == "portfolio")
    return {} if command is None else dict(command.environment)
