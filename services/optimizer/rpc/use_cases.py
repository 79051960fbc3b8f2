"""The use cases on their ports."""

from __future__ import annotations

from dataclasses import dataclass

from services.optimizer.app.await_job import AwaitJob
from services.optimizer.app.bells import Bells
from services.optimizer.app.cancel_optimization import CancelOptimization
from services.optimizer.app.explain import Explain
from services.optimizer.app.export_my_data import ExportMyData, Presence
from services.optimizer.app.get_optimization_result import GetOptimizationResult
from services.optimizer.app.get_optimization_status import GetOptimizationStatus
from services.optimizer.app.list_optimizations import ListOptimizations
from services.optimizer.app.optimize import Optimize
from services.optimizer.app.ports import (
    Ids,
    Instruments,
    JobBook,
    Meter,
    MomentsSource,
    Portfolios,
    QuickSolver,
    Results,
    Solvers,
    Universes,
)
from services.optimizer.app.put_universe import PutUniverse
from services.optimizer.app.replay_run import ReplayRun
from services.optimizer.app.solve import Solve
from services.optimizer.app.solve_batch import SolveBatch
from services.optimizer.app.solve_frontier import SolveFrontier
from services.optimizer.app.watch_frontier import WatchFrontier
from services.optimizer.app.watch_optimization import WatchOptimization


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases stand on."""

    book: JobBook
    bells: Bells
    portfolios: Portfolios
    moments: MomentsSource
    instruments: Instruments
    universes: Universes
    solvers: Solvers
    quick: QuickSolver
    results: Results
    meter: Meter
    ids: Ids
    presence: Presence


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do."""

    optimize: Optimize
    status: GetOptimizationStatus
    result: GetOptimizationResult
    watch: WatchOptimization
    cancel: CancelOptimization
    list: ListOptimizations
    put_universe: PutUniverse
    solve: Solve
    explain: Explain
    replay: ReplayRun
    frontier: SolveFrontier
    watch_frontier: WatchFrontier
    solve_batch: SolveBatch
    export: ExportMyData

    @classmethod
    def over(cls, ports: Ports, max_unfinished: int, most_frames: int = 3) -> UseCases:
        """All of them; `max_unfinished` jobs of one user, `most_frames` of one stream at a time."""
        optimize = Optimize(
            book=ports.book,
            portfolios=ports.portfolios,
            moments=ports.moments,
            instruments=ports.instruments,
            solvers=ports.solvers,
            ids=ports.ids,
            waiting=AwaitJob(ports.book, ports.bells),
            max_unfinished=max_unfinished,
        )
        return cls(
            optimize=optimize,
            status=GetOptimizationStatus(ports.book),
            result=GetOptimizationResult(ports.book),
            watch=WatchOptimization(ports.book, ports.bells),
            cancel=CancelOptimization(ports.book),
            list=ListOptimizations(ports.book),
            put_universe=PutUniverse(ports.moments, ports.solvers, ports.universes),
            solve=Solve(
                moments=ports.moments,
                instruments=ports.instruments,
                universes=ports.universes,
                solvers=ports.solvers,
                quick=ports.quick,
                results=ports.results,
                meter=ports.meter,
            ),
            explain=Explain(
                moments=ports.moments,
                instruments=ports.instruments,
                universes=ports.universes,
                solvers=ports.solvers,
                meter=ports.meter,
            ),
            replay=ReplayRun(ports.book, ports.solvers, ports.meter),
            frontier=SolveFrontier(
                moments=ports.moments,
                instruments=ports.instruments,
                universes=ports.universes,
                solvers=ports.solvers,
                meter=ports.meter,
            ),
            watch_frontier=WatchFrontier(
                moments=ports.moments,
                instruments=ports.instruments,
                universes=ports.universes,
                solvers=ports.solvers,
                meter=ports.meter,
            ),
            solve_batch=SolveBatch(ports.universes, ports.solvers, ports.meter, most_frames),
            export=ExportMyData(ports.book, ports.presence),
        )
