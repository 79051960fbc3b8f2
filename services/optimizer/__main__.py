"""Composition root: `python -m services.optimizer`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import auth_service_pb2
from qpo.optimizer.v1 import optimizer_service_pb2

from chassis.channel import open_channel
from chassis.ids import Uuid7Ids
from chassis.keys import keys_from
from chassis.logging import configure
from chassis.paging import PageTokens
from chassis.postgres import Pool, prepare
from chassis.serve import Service, run, serve
from chassis.settings import load
from services.optimizer.adapters.bells_postgres import PostgresBells
from services.optimizer.adapters.job_book_postgres import PostgresJobBook
from services.optimizer.adapters.job_queue_postgres import PostgresJobQueue
from services.optimizer.adapters.meter_prometheus import PrometheusMeter
from services.optimizer.adapters.moments_grpc import GrpcMoments
from services.optimizer.adapters.portfolios_grpc import GrpcPortfolios
from services.optimizer.adapters.solvers_processes import ProcessSolvers
from services.optimizer.app.bells import Bells
from services.optimizer.app.run_jobs import Pace, RunJobs
from services.optimizer.domain.solvers import ENGINE
from services.optimizer.rpc.errors import error_table
from services.optimizer.rpc.servicer import OptimizerServicer
from services.optimizer.rpc.use_cases import Ports, UseCases
from services.optimizer.settings import OptimizerSettings

MIGRATIONS = Path(__file__).parent / "migrations"
CONTRACT = optimizer_service_pb2.DESCRIPTOR.services_by_name["OptimizerService"]
Peers = tuple[Any, Any]
JWKS = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]


def wire(
    settings: OptimizerSettings, pool: Pool, solvers: ProcessSolvers, peers: Peers, registry: CollectorRegistry
) -> tuple[Service, list[Any]]:
    """The service over channels to portfolio and ml, and the jobs that run beside its calls."""
    bells, meter, errors = Bells(), PrometheusMeter(registry), error_table()
    ears = PostgresBells(settings.database_url.get_secret_value(), bells)
    # A job never takes the last worker, so that a call that waits for its answer finds one.
    pace = Pace(max(1, settings.workers - 1), settings.lease, settings.sweep)
    queue = PostgresJobQueue(pool, ENGINE)
    jobs = RunJobs(queue=queue, solvers=solvers, bells=bells, meter=meter, pace=pace, pause=asyncio.sleep)
    portfolios, moments = GrpcPortfolios(peers[0]), GrpcMoments(peers[1])
    ports = Ports(PostgresJobBook(pool), bells, portfolios, moments, solvers, meter, Uuid7Ids())
    use = UseCases.over(ports, settings.max_unfinished_jobs)
    tokens = PageTokens.from_file(settings.page_token_key_file)
    return Service(CONTRACT, OptimizerServicer(use, tokens, errors), errors), [ears.listen, jobs]


async def main(settings: OptimizerSettings) -> None:
    """Serve until stopped. What the workers are forked from comes first: it is there before anything of gRPC is."""
    configure("optimizer", settings.log_level, settings.version)
    solvers = ProcessSolvers(settings.workers, settings.kill_grace)
    solvers.start()
    try:
        async with (
            await prepare(settings, "optimizer", MIGRATIONS) as pool,
            open_channel(settings.auth_address) as auth,
            open_channel(settings.portfolio_address) as portfolio,
            open_channel(settings.ml_address) as ml,
        ):
            registry = CollectorRegistry()
            service, background = wire(settings, pool, solvers, (portfolio, ml), registry)
            background.append(solvers.warm)
            await serve(settings, [service], keys=keys_from(auth, JWKS), registry=registry, background=background)
    finally:
        await solvers.close()


if __name__ == "__main__":
    run(main(load(OptimizerSettings)))
