"""Every service refuses whoever calls one of its methods too often, with the reason and when to come again."""

import asyncio

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from qpo.auth.v1 import user_service_pb2
from qpo.marketdata.v1 import marketdata_service_pb2
from qpo.ml.v1 import ml_service_pb2
from qpo.optimizer.v1 import optimizer_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis import context
from chassis.paging import PageTokens
from chassis.serve import Service
from services.auth.rpc.errors import error_table as auth_errors
from services.auth.rpc.user_servicer import UserServicer
from services.marketdata.rpc.errors import ERRORS as MARKETDATA
from services.marketdata.rpc.servicer import MarketDataServicer
from services.ml.rpc.errors import ERRORS as ML
from services.ml.rpc.servicer import MlServicer
from services.optimizer.rpc.errors import error_table as optimizer_errors
from services.optimizer.rpc.servicer import OptimizerServicer
from services.portfolio.rpc.errors import error_table as portfolio_errors
from services.portfolio.rpc.servicer import PortfolioServicer

TOKENS = PageTokens(b"k" * 32)
# The calls end at the door: they lack the scope, and what would serve them is not asked.
SERVED = {
    "portfolio": (portfolio_service_pb2, PortfolioServicer(None, TOKENS), portfolio_errors(), "GetPortfolio"),
    "marketdata": (marketdata_service_pb2, MarketDataServicer(None, TOKENS), MARKETDATA, "ListDatasets"),
    "ml": (ml_service_pb2, MlServicer(None, None), ML, "EstimateMoments"),
    "optimizer": (
        optimizer_service_pb2,
        OptimizerServicer(None, TOKENS, optimizer_errors()),
        optimizer_errors(),
        "Solve",
    ),
    "auth": (user_service_pb2, UserServicer(None, TOKENS), auth_errors(), "ListUsers"),
}


def service_of(name):
    file, servicer, errors, method = SERVED[name]
    [contract] = file.DESCRIPTOR.services_by_name.values()
    return Service(contract, servicer, errors), f"/{contract.full_name}/{method}"


async def ended(channel, path, metadata):
    """How a call is refused: its code, its details, and its trailers."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary(path)(b"", metadata=metadata)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    for detail in rpc_status.from_call(caught.value).details:
        detail.Unpack(info)
        detail.Unpack(retry)
    seconds = retry.retry_delay.ToMilliseconds() / 1000
    return caught.value.code(), info, seconds, dict(caught.value.trailing_metadata())


@pytest.mark.parametrize("name", SERVED)
async def test_a_call_too_many_is_refused_with_its_reason_and_when_to_come_again(name, serve_in_process, tokens):
    service, path = service_of(name)
    channel = await serve_in_process(service, limit_methods={path.rpartition("/")[2]: "3 per minute"})
    ann, bob = tokens.metadata("ann", scopes=[]), tokens.metadata("bob", scopes=[])
    for _ in range(3):
        code, info, *_ = await ended(channel, path, ann)
        assert (code, info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    code, info, seconds, trailers = await ended(channel, path, ann)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (info.reason, info.domain) == ("TOO_MANY_CALLS", f"{name}.qpo")
    assert info.metadata["limit"] == "3 per minute"
    assert 0 < seconds <= 120
    assert seconds <= int(trailers["retry-after"]) < seconds + 1
    assert (await ended(channel, path, bob))[1].reason == "SCOPE_MISSING"


async def test_whoever_comes_again_when_they_were_told_is_let_in(serve_in_process, tokens):
    service, path = service_of("ml")
    channel = await serve_in_process(service, limit_solves="2 per second")
    seconds = None
    for _ in range(100):
        _, info, seconds, _ = await ended(channel, path, tokens.metadata("ann", scopes=[]))
        if info.reason == "TOO_MANY_CALLS":
            break
    assert info.reason == "TOO_MANY_CALLS"
    await asyncio.sleep(seconds)
    assert (await ended(channel, path, tokens.metadata("ann", scopes=[])))[1].reason == "SCOPE_MISSING"


async def test_a_call_that_a_service_makes_for_its_caller_is_not_counted_again(serve_in_process, tokens):
    service, path = service_of("ml")
    channel = await serve_in_process(service, limit_solves="1 per hour")
    inner = (*tokens.metadata("ann", scopes=[]), (context.INNER, "1"))
    for _ in range(5):
        assert (await ended(channel, path, inner))[1].reason == "SCOPE_MISSING"


async def test_without_a_token_nobody_is_counted(serve_in_process):
    service, path = service_of("ml")
    channel = await serve_in_process(service, limit_solves="1 per hour")
    for _ in range(5):
        assert (await ended(channel, path, ()))[1].reason == "UNAUTHENTICATED"


async def test_calls_that_were_too_many_are_written_down_once_in_a_window(serve_in_process, tokens):
    told = []

    async def write_down(method, answer):
        told.append((method.name, answer.reason, context.principal().user_id))

    service, path = service_of("ml")
    channel = await serve_in_process(
        Service(service.descriptor, service.servicer, ML, write_down), limit_solves="1 per day"
    )
    for _ in range(5):
        await ended(channel, path, tokens.metadata("ann", scopes=[]))
    assert told == [("EstimateMoments", "SCOPE_MISSING", "ann"), ("EstimateMoments", "TOO_MANY_CALLS", "ann")]
