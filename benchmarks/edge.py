"""The calls as a client makes them, through Envoy: gRPC and REST, by 1, 10 and 100 callers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks import calls
from benchmarks.calls import Call
from benchmarks.cell import Measured, Target, measured, sized
from benchmarks.figures import Figure
from benchmarks.load import Load
from benchmarks.scale import Scale
from benchmarks.world import DATASET, SYMBOLS, User, World, portfolio

PROTOCOLS = ("grpc", "rest")
# Whose processes work for a call of optimizer: it asks ml, which asks marketdata.
_BEHIND = {"portfolio": ("portfolio",), "optimizer": ("optimizer", "ml", "marketdata")}


def reads(world: World, scale: Scale, kind: str) -> Iterator[Figure]:
    """GetPortfolio alone; `kind` says where the answer comes from, as the mesh was told."""
    yield from _figures(world, scale, f"get_portfolio_{kind}", calls.get_portfolio(world.portfolio_id), world.reader)


def figures(world: World, scale: Scale) -> Iterator[Figure]:
    """ListPortfolios, CreatePortfolio, Optimize and Solve."""
    for call, user in _calls(world):
        yield from _figures(world, scale, call.name, call, user)


def _calls(world: World) -> Sequence[tuple[Call, User]]:
    return (
        (calls.list_portfolios(), world.reader),
        (calls.create_portfolio(portfolio()), world.writer),
        (calls.optimize(SYMBOLS, DATASET), world.writer),
        (calls.solve(SYMBOLS, DATASET), world.writer),
    )


def _figures(world: World, scale: Scale, name: str, call: Call, user: User) -> Iterator[Figure]:
    pids = {"server": [pid for part in _BEHIND[call.service] for pid in world.pids(part)]}
    pids |= {part: world.pids(part) for part in ("envoy", "postgres")}
    token, longer = user.token(), replace(scale, seconds=2.5 * scale.seconds)
    for protocol in PROTOCOLS:
        for callers in scale.callers:
            load = Load(world.mesh.edge_address, call, protocol, token, callers, 0)
            target = Target(load, pids, world.metrics(call.service), call.method)
            yield from _shown(
                f"edge.{name}.{protocol}.c{callers}",
                measured(sized(target, longer)),
            )


def _shown(name: str, run: Measured) -> Iterator[Figure]:
    for whose, seconds in run.cpu.items():
        yield Figure(f"{name}.{whose}_cpu", 1e6 * seconds, "us")
    yield Figure(f"{name}.rate", run.rate, "1/s")
    for percent in (50, 95, 99):
        yield Figure(f"{name}.p{percent}", 1e3 * run.sent.percentile(percent / 100), "ms")
    yield Figure(f"{name}.generator_share", run.generator_share, "%")
