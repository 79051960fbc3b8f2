"""The optimizer, asked with the whole problem inline, so that nothing it calls calls back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from grpc.aio import AioRpcError
from qpo.optimizer.v1 import optimizer_service_pb2 as pb
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub

from services.portfolio.adapters.peers import raise_common, refusal_of
from services.portfolio.app.ports import Problem, Solution
from services.portfolio.domain.errors import Infeasible, NotRebalanceable
from services.portfolio.wire.costs import to_costs
from services.portfolio.wire.estimation import to_estimation
from services.portfolio.wire.mandate import to_constraints, to_goal

if TYPE_CHECKING:
    from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceAsyncStub

# What a caller can mend by another strategy, other constraints or more prices; the text is the peer's.
_UNSOLVABLE = frozenset(
    {
        "DATASET_NOT_FOUND",
        "INSTRUMENT_NOT_FOUND",
        "INSUFFICIENT_HISTORY",
        "INVALID_REQUEST",
        "NO_EXCESS_RETURN",
        "SOLVER_FAILED",
        "UNBOUNDED",
    }
)


class GrpcOptimizer:
    """The port Optimizer on a channel to optimizer."""

    def __init__(self, channel: Any) -> None:
        self._stub = cast("OptimizerServiceAsyncStub", OptimizerServiceStub(channel))

    async def solve(self, problem: Problem) -> Solution:
        """Solve."""
        try:
            answer = await self._stub.Solve(_request(problem))
        except AioRpcError as error:
            _raise_refusal(error)
            raise
        result = answer.result
        return Solution(dict(result.weights), result.expected_return, result.volatility, result.sharpe_ratio)


def _request(problem: Problem) -> pb.SolveRequest:
    strategy = problem.strategy
    universe = pb.DatasetUniverse(
        dataset=strategy.dataset, symbols=strategy.universe, estimation=to_estimation(strategy.estimation)
    )
    return pb.SolveRequest(
        source=pb.MomentsSource(universe=universe),
        goal=to_goal(strategy.goal),
        constraints=to_constraints(problem.constraints),
        current_weights=problem.current_weights,
        costs=None if strategy.costs is None else to_costs(strategy.costs),
    )


def _raise_refusal(error: AioRpcError) -> None:
    """Raise what the refusal means here; return if it means nothing."""
    refusal = refusal_of(error)
    raise_common(refusal, "optimizer", error)
    if refusal.reason == "INFEASIBLE":
        raise Infeasible(refusal.message, refusal.conflicts) from error
    if refusal.reason in _UNSOLVABLE:
        raise NotRebalanceable(f"the strategy has no optimum to move to: {refusal.message}") from error
