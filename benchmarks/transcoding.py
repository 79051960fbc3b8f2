"""What JSON costs at the edge: Envoy's CPU for a transcoded call over that for the same call proxied as gRPC.

Both come over HTTP/2 and pass the same filters. What is answered is a user (a tenth of a kilobyte), a portfolio without
holdings (0.3 kB of protobuf, 0.8 of JSON) and one with 20 holdings (1.5 and 5 kB).
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import calls
from benchmarks.cell import Target, cpu_ratio, interleaved, median
from benchmarks.figures import Figure
from benchmarks.load import Load
from benchmarks.scale import Scale
from benchmarks.world import World, portfolio

CALLERS = 10


def figures(world: World, scale: Scale) -> Iterator[Figure]:
    """Envoy's CPU per call each way, and the ratio, for a tiny, a small and a larger answer."""
    empty = world.reader.ask("POST", "/api/v1/portfolios", portfolio())["portfolio"]["id"]
    sizes = (calls.who_am_i(), calls.get_portfolio(empty), calls.get_portfolio(world.portfolio_id))
    for name, call in zip(("tiny", "small", "holdings"), sizes, strict=True):
        token = world.reader.token()
        targets = {
            protocol: Target(
                Load(world.mesh.edge_address, call, protocol, token, CALLERS, 0),
                {"envoy": world.pids("envoy")},
                world.metrics(call.service),
                call.method,
            )
            for protocol in ("grpc", "rest2")
        }
        found = interleaved(targets, scale)
        for protocol, word in (("grpc", "proxied"), ("rest2", "transcoded")):
            cost = median(found[protocol], lambda run: run.cpu["envoy"])
            yield Figure(f"transcoding.{name}.{word}.envoy_cpu", 1e6 * cost, "us")
        ratio = cpu_ratio(found["rest2"], found["grpc"], "envoy")
        yield Figure(f"transcoding.{name}.transcoded_over_proxied", ratio, "x")
