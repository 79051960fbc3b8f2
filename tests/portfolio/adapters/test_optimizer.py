"""One body for the optimizer of the use cases' tests and the one behind gRPC."""

import grpc
import pytest
import pytest_asyncio
from qpo.portfolio.v1 import portfolio_pb2

from chassis.channel import open_channel
from chassis.context import bound
from services.portfolio.adapters.optimizer_grpc import GrpcOptimizer
from services.portfolio.app.ports import Problem, Solution
from services.portfolio.domain.errors import Conflict, Infeasible, NotRebalanceable, PeerUnavailable, ScopeMissing
from services.portfolio.domain.mandate import Constraints, Goal, Objective
from services.portfolio.domain.strategy import Estimation, Strategy
from services.portfolio.rpc.codec import from_draft
from services.portfolio.wire.mandate import from_constraints, from_goal
from tests.each_field import each_field
from tests.portfolio.builders import DAY, PLAIN
from tests.portfolio.fakes import FixedOptimizer
from tests.portfolio.standins import OptimizerStandIn, refused, serving

WEIGHTS = {"AAPL": 0.6, "MSFT": 0.4}
PROBLEM = Problem(PLAIN, Constraints(), {})
CONFLICT = Conflict("constraint", "bounds[XOM]", "would have to give 0.1")


@pytest_asyncio.fixture
async def standin():
    return OptimizerStandIn(WEIGHTS)


@pytest_asyncio.fixture
async def over_grpc(standin):
    async with serving(standin) as address, open_channel(address) as channel:
        yield GrpcOptimizer(channel)


@pytest_asyncio.fixture(params=["fixed", "grpc"])
async def optimizer(request, over_grpc):
    return over_grpc if request.param == "grpc" else FixedOptimizer(WEIGHTS)


async def test_the_optimum_has_its_weights_and_what_they_promise(optimizer):
    assert await optimizer.solve(PROBLEM) == Solution(WEIGHTS, 0.12, 0.2, 0.6)


async def test_an_infeasible_problem_names_its_conflicts(optimizer, standin):
    if isinstance(optimizer, FixedOptimizer):
        optimizer.error = Infeasible("no weights", [CONFLICT])
    conflict = (CONFLICT.kind, CONFLICT.subject, CONFLICT.description)
    standin.refusal = refused(grpc.StatusCode.FAILED_PRECONDITION, "INFEASIBLE", "no weights", conflicts=[conflict])
    with pytest.raises(Infeasible, match="no weights") as refusal:
        await optimizer.solve(PROBLEM)
    assert refusal.value.conflicts == (CONFLICT,)


async def test_the_problem_is_sent_whole_and_inline_with_the_caller_s_token(over_grpc, standin):
    strategy = Strategy(Goal(Objective.RISK, 0.02), ("AAPL", "MSFT"), "sp500", Estimation(lookback=252, end=DAY))
    limits = Constraints(max_turnover=0.2)
    with bound(access_token="alice's"):
        await over_grpc.solve(Problem(strategy, limits, {"AAPL": 0.25}))
    [request] = standin.requests
    universe = request.source.universe
    assert (universe.dataset, list(universe.symbols)) == ("sp500", ["AAPL", "MSFT"])
    assert (universe.estimation.lookback, universe.estimation.end.year) == (252, DAY.year)
    assert (from_goal(request.goal), from_constraints(request.constraints)) == (strategy.goal, limits)
    assert dict(request.current_weights) == {"AAPL": 0.25}
    assert standin.tokens == ["Bearer alice's"]


async def test_no_part_of_the_mandate_is_kept_from_the_optimizer(over_grpc, standin):
    for path, stated in each_field(portfolio_pb2.Portfolio, only=("strategy", "constraints")):
        draft = from_draft(stated)
        await over_grpc.solve(Problem(draft.strategy, draft.constraints, {}))
        request = standin.requests.pop()
        sent = request.goal, request.constraints, request.costs, request.HasField("costs")
        strategy = stated.strategy
        assert sent == (strategy.goal, stated.constraints, strategy.costs, strategy.HasField("costs")), path


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (refused(grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND"), NotRebalanceable),
        (refused(grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND"), NotRebalanceable),
        (refused(grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_HISTORY"), NotRebalanceable),
        (refused(grpc.StatusCode.FAILED_PRECONDITION, "NO_EXCESS_RETURN"), NotRebalanceable),
        (refused(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), NotRebalanceable),
        (refused(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", metadata={"scope": "run:x"}), ScopeMissing),
        (refused(grpc.StatusCode.UNAVAILABLE), PeerUnavailable),
        (refused(grpc.StatusCode.DEADLINE_EXCEEDED, "OUT_OF_TIME"), grpc.aio.AioRpcError),
        (refused(grpc.StatusCode.INTERNAL), grpc.aio.AioRpcError),
    ],
)
async def test_a_refusal_is_said_in_the_domain_s_words_or_left_to_the_door(over_grpc, standin, refusal, error):
    standin.refusal = refusal
    with pytest.raises(error):
        await over_grpc.solve(PROBLEM)


async def test_who_does_not_answer_is_unavailable():
    async with open_channel("127.0.0.1:1") as channel:
        with pytest.raises(PeerUnavailable, match="optimizer"):
            await GrpcOptimizer(channel).solve(PROBLEM)
