"""Composition root: `python -m services.optimizer`."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import auth_service_pb2

from chassis.backlog import Backlog
from chassis.buses import open_bus
from chassis.cache import open_layers
from chassis.channel import open_channel
from chassis.consumers import Consumer
from chassis.keys import keys_from
from chassis.logging import configure
from chassis.postgres import prepare
from chassis.relay import Relay
from chassis.serve import run, serve
from chassis.settings import load
from services.optimizer.adapters.job_news import TOPIC, JobNews
from services.optimizer.adapters.meter_prometheus import lost_workers
from services.optimizer.adapters.queue_length import queue_length
from services.optimizer.adapters.solvers_processes import ProcessSolvers
from services.optimizer.adapters.user_events import departures
from services.optimizer.rpc.errors import error_table
from services.optimizer.settings import OptimizerSettings
from services.optimizer.wiring import wire

MIGRATIONS = Path(__file__).parent / "migrations"
JWKS = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]


async def main(settings: OptimizerSettings) -> None:
    """Serve until stopped. What the workers are forked from comes first: it is there before anything of gRPC is."""
    configure("optimizer", settings.log_level, settings.version)
    registry = CollectorRegistry()
    solvers = ProcessSolvers(settings.workers, settings.kill_grace, lost=lost_workers(registry))
    solvers.start()
    try:
        async with (
            await prepare(settings, "optimizer", MIGRATIONS) as pool,
            open_bus(settings.bus()) as bus,
            open_channel(settings.auth_address, settings.peer("auth")) as auth,
            open_channel(settings.portfolio_address, settings.peer("portfolio")) as portfolio,
            open_channel(settings.ml_address, settings.peer("ml")) as ml,
            open_channel(settings.marketdata_address, settings.peer("marketdata")) as marketdata,
            open_layers(settings, settings.redis_url, "optimization", settings.version.encode(), registry) as layers,
        ):
            relay, peers = Relay(pool, bus, TOPIC), (portfolio, ml, marketdata)
            leavers = Consumer(pool, bus, departures(JobNews(error_table(), relay.wake)))
            service, background = wire(settings, pool, solvers, peers, registry, layers=layers, committed=relay.wake)
            background += [solvers.warm, relay.run, leavers.run, queue_length(pool, registry).run]
            background.append(Backlog(pool, bus, registry).run)
            keys = keys_from(auth, JWKS)
            await serve(
                settings,
                [service],
                keys=keys,
                bus=bus,
                ready=solvers.there,
                registry=registry,
                background=background,
            )
    finally:
        await solvers.close()


if __name__ == "__main__":
    run(main(load(OptimizerSettings)))
