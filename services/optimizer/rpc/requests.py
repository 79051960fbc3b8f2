"""Requests of OptimizerService to what the use cases are asked."""

from __future__ import annotations

from qpo.optimizer.v1 import optimization_pb2
from qpo.optimizer.v1 import optimizer_service_pb2 as pb
from qpo.types.v1 import mandate_pb2

from services.optimizer.app.optimize import OptimizeAsk
from services.optimizer.app.ports import Repeatable, Resident, Universe
from services.optimizer.app.put_universe import PutAsk
from services.optimizer.app.solve import SolveAsk
from services.optimizer.app.solve_frontier import FrontierAsk
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.goal import DEFAULT_CONFIDENCE, Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import DEFAULT_GAP, DEFAULT_TIME_BUDGET_MS, StopRule
from services.optimizer.wire.dates import from_timestamp
from services.optimizer.wire.estimation import from_estimation
from services.optimizer.wire.lots import from_lots
from services.optimizer.wire.mandate import from_constraints, from_costs, from_goal
from services.optimizer.wire.moments import from_matrix, from_moments
from services.optimizer.wire.sampling import from_sampling

DEFAULT_POINTS = 50
_RISKS = {
    optimization_pb2.RISK_MEASURE_UNSPECIFIED: Objective.RISK,
    optimization_pb2.RISK_MEASURE_VOLATILITY: Objective.RISK,
    optimization_pb2.RISK_MEASURE_TRACKING_ERROR: Objective.TRACKING_ERROR,
    optimization_pb2.RISK_MEASURE_CVAR: Objective.CVAR,
}
DEFAULT_TTL = 86_400  # seconds


def from_optimize(request: pb.OptimizeRequest) -> OptimizeAsk:
    """What Optimize is asked."""
    stated = request.HasField("estimation")
    return OptimizeAsk(
        portfolio_id=request.portfolio_id,
        goal=from_goal(request.goal) if request.HasField("goal") else None,
        constraints=from_constraints(request.constraints) if request.HasField("constraints") else None,
        universe=tuple(request.universe),
        dataset=request.dataset,
        estimation=from_estimation(request.estimation, "estimation") if stated else None,
        current=dict(sorted(request.current_weights.items())) or None,
        stop=from_stop(request.stop),
        wait_seconds=request.wait_ms / 1000,
        request=_repeatable(request),
        validate_only=request.validate_only,
        costs=from_costs(request.costs) if request.HasField("costs") else None,
        draws=request.bootstrap_draws,
        seed=request.seed,
        sampling=from_sampling(request.sampling) if request.HasField("sampling") else None,
        lots=from_lots(request.lots) if request.HasField("lots") else None,
    )


def from_put(request: pb.PutUniverseRequest) -> PutAsk:
    """What PutUniverse is asked."""
    return PutAsk(from_source(request.source), request.ttl_seconds or DEFAULT_TTL)


def from_solve(request: pb.SolveRequest | pb.ExplainRequest) -> SolveAsk:
    """What Solve is asked, or Explain."""
    return SolveAsk(
        source=from_source(request.source),
        goal=from_goal(request.goal) if request.HasField("goal") else Goal(),
        constraints=_constraints(request.constraints, present=request.HasField("constraints")),
        current=dict(sorted(request.current_weights.items())),
        stop=from_stop(request.stop),
        costs=from_costs(request.costs),
        scenarios=from_matrix(request.scenarios, "scenarios") if request.HasField("scenarios") else None,
        draws=request.bootstrap_draws,
        seed=request.seed,
        sampling=from_sampling(request.sampling) if request.HasField("sampling") else None,
        lots=from_lots(request.lots) if request.HasField("lots") else None,
    )


def from_frontier(request: pb.SolveFrontierRequest) -> FrontierAsk:
    """What SolveFrontier is asked."""
    return FrontierAsk(
        source=from_source(request.source),
        constraints=_constraints(request.constraints, present=request.HasField("constraints")),
        current=dict(sorted(request.current_weights.items())),
        points=request.points or DEFAULT_POINTS,
        risk_free_rate=request.risk_free_rate,
        objective=_RISKS[request.risk_measure],
        cvar_confidence=request.cvar_confidence or DEFAULT_CONFIDENCE,
        scenarios=from_matrix(request.scenarios, "scenarios") if request.HasField("scenarios") else None,
    )


def from_watched_frontier(request: pb.WatchFrontierRequest) -> FrontierAsk:
    """What WatchFrontier is asked."""
    return from_frontier(request.frontier)


def from_stop(stop: optimization_pb2.StopRule) -> StopRule:
    """When to stop."""
    return StopRule(stop.gap_target or DEFAULT_GAP, stop.time_budget_ms or DEFAULT_TIME_BUDGET_MS)


def from_source(source: pb.MomentsSource) -> Moments | Universe | Resident:
    """Moments, or where to get them."""
    which = source.WhichOneof("source")
    if which == "moments":
        return from_moments(source.moments, "source.moments")
    if which == "universe_id":
        return Resident(source.universe_id)
    universe = source.universe
    return Universe(
        dataset=universe.dataset,
        symbols=tuple(universe.symbols),
        estimation=from_estimation(universe.estimation, "source.universe.estimation"),
        as_of=from_timestamp(universe.as_of, "source.universe.as_of") if universe.HasField("as_of") else None,
    )


def _constraints(constraints: mandate_pb2.Constraints, *, present: bool) -> Constraints:
    return from_constraints(constraints) if present else Constraints()


def _repeatable(request: pb.OptimizeRequest) -> Repeatable | None:
    if not request.request_id:
        return None
    # Deterministic, so that the order of a map's entries on the wire makes no other body.
    return Repeatable(request.request_id, request.SerializeToString(deterministic=True))
