"""What a sidecar carries out: calls of its service's peers, by their names, and nothing else."""

import grpc

from tests.istio.calls import CLOSES, GET, Caller

RETURNS = "/qpo.marketdata.v1.MarketDataService/GetReturns"
OK, DENIED = grpc.StatusCode.OK, grpc.StatusCode.PERMISSION_DENIED
# What a sidecar answers where it knows of no such service.
NOWHERE = grpc.StatusCode.UNAVAILABLE


async def test_a_service_calls_its_peers_by_its_own_sidecar(running):
    async with Caller.through(running.ml, "marketdata", running.tokens.mint()) as caller:
        assert (await caller.call(RETURNS)).code is OK
        assert (await caller.call(CLOSES)).code is DENIED


async def test_a_service_that_is_no_peer_is_not_even_found(running):
    async with Caller.through(running.ml, "portfolio", running.tokens.mint()) as caller:
        answer = await caller.call(GET)
    assert (answer.code, answer.tries) == (NOWHERE, 0)


async def test_a_name_that_is_no_service_is_not_called(running):
    async with Caller.through(running.edge, "portfolio", running.tokens.mint(), named="api.example.com") as caller:
        answer = await caller.call(GET)
    assert (answer.code, answer.tries) == (NOWHERE, 0)
