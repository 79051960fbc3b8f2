import time

import grpc
import pytest

from stack.envoy import Envoy
from stack.probes import ask_tcp
from tests.gateway.conftest import edge_before, jwks, standins

PORTFOLIOS = "/api/v1/portfolios"
GET_PORTFOLIO = "/qpo.portfolio.v1.PortfolioService/GetPortfolio"


@pytest.fixture
def keyless(tokens, monkeypatch):
    """An edge that has not been able to fetch a key yet."""
    monkeypatch.setattr(Envoy, "probe", lambda self: ask_tcp(self.address))
    with standins(tokens) as services:
        services.answers["GetJwks"] = lambda _, context: context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        with edge_before(services, tokens) as edge:
            yield edge


def test_a_token_that_cannot_be_judged_yet_is_not_refused_but_asked_for_again(keyless, tokens):
    answer = keyless.rest.get(PORTFOLIOS, headers=keyless.anyone)
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    assert answer.json()["details"][0]["reason"] == "SERVICE_UNAVAILABLE"
    with keyless.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(GET_PORTFOLIO)(b"", metadata=list(keyless.anyone.items()))
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    keyless.services.answers["GetJwks"] = lambda *_: jwks(tokens)
    deadline = time.monotonic() + 5
    while keyless.rest.get(PORTFOLIOS, headers=keyless.anyone).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_a_token_it_is_the_callers_fault_all_the_same(keyless):
    assert keyless.rest.get(PORTFOLIOS).status_code == 401
