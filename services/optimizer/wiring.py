"""The service on its adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry
from qpo.optimizer.v1 import optimizer_service_pb2

from chassis.cache import Layers
from chassis.departed import Presence
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.postgres import Pool
from chassis.serve import Service
from services.optimizer.adapters.bells_postgres import PostgresBells
from services.optimizer.adapters.instruments_grpc import GrpcInstruments
from services.optimizer.adapters.job_book_postgres import PostgresJobBook
from services.optimizer.adapters.job_news import JobNews
from services.optimizer.adapters.job_queue_postgres import PostgresJobQueue
from services.optimizer.adapters.meter_prometheus import PrometheusMeter
from services.optimizer.adapters.moments_grpc import GrpcMoments
from services.optimizer.adapters.portfolios_grpc import GrpcPortfolios
from services.optimizer.adapters.quick_solver_engine import EngineQuickSolver
from services.optimizer.adapters.results_cached import CachedResults
from services.optimizer.adapters.solvers_processes import ProcessSolvers
from services.optimizer.adapters.universes_at_hand import UniversesAtHand
from services.optimizer.adapters.universes_postgres import PostgresUniverses
from services.optimizer.adapters.versions import versions
from services.optimizer.app.bells import Bells
from services.optimizer.app.remembered import Forgetful
from services.optimizer.app.run_jobs import Pace, RunJobs
from services.optimizer.app.sweep_universes import SweepUniverses
from services.optimizer.domain.solvers import CHOOSING
from services.optimizer.rpc.errors import error_table
from services.optimizer.rpc.servicer import OptimizerServicer
from services.optimizer.rpc.use_cases import Ports, UseCases
from services.optimizer.settings import OptimizerSettings

CONTRACT = optimizer_service_pb2.DESCRIPTOR.services_by_name["OptimizerService"]
Peers = tuple[Any, Any, Any]


def engines() -> str:
    """What may change an answer when it changes: results of others are not taken for one's own."""
    return " ".join(f"{name} {number}" for name, number in versions().items())


def wire(
    settings: OptimizerSettings,
    pool: Pool,
    solvers: ProcessSolvers,
    peers: Peers,
    registry: CollectorRegistry,
    *,
    layers: Layers | None = None,
    committed: Callable[[], None] = lambda: None,
) -> tuple[Service, list[Any]]:
    """The service over channels to portfolio, ml and marketdata, and the jobs that run beside its calls.

    `committed` follows every event.
    """
    bells, meter, errors = Bells(), PrometheusMeter(registry), error_table()
    news = JobNews(errors, committed)
    ears = PostgresBells(settings.database_url.get_secret_value(), bells)
    # A job never takes the last worker, so that a call that waits for its answer finds one.
    pace = Pace(max(1, settings.workers - 1), settings.lease, settings.sweep)
    results = CachedResults(layers, engines()) if layers else Forgetful()
    jobs = RunJobs(
        queue=PostgresJobQueue(pool, CHOOSING, news),
        solvers=solvers,
        results=results,
        bells=bells,
        meter=meter,
        pace=pace,
        pause=asyncio.sleep,
    )
    universes = UniversesAtHand(PostgresUniverses(pool, settings.max_universes, settings.max_universe_bytes))
    portfolio, ml, marketdata = peers
    ports = Ports(
        book=PostgresJobBook(pool, news),
        bells=bells,
        portfolios=GrpcPortfolios(portfolio),
        moments=GrpcMoments(ml),
        instruments=GrpcInstruments(marketdata),
        universes=universes,
        solvers=solvers,
        quick=EngineQuickSolver(),
        results=results,
        meter=meter,
        ids=Uuid7Ids(),
        presence=Presence(pool),
    )
    # One more than there are workers, so that none of them waits for the next frame.
    use = UseCases.over(ports, settings.max_unfinished_jobs, settings.workers + 1)
    tokens = PageTokens.from_file(settings.page_token_key_file)
    return Service(CONTRACT, OptimizerServicer(use, tokens, errors), errors), [
        ears.listen,
        jobs,
        SweepUniverses(universes, asyncio.sleep),
    ]
