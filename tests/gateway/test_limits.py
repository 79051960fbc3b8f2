"""One network address calls the edge so often and no more, whatever it calls; another is not held up by it."""

import grpc
import httpx
import pytest
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from tests.gateway.conftest import edge_before, standins

MOST = 60  # and one a second after that
ASKED = 5  # or fewer, of those that this machine asks to know whether the edge is ready
PORTFOLIOS = "/api/v1/portfolios"


@pytest.fixture
def strict(tokens):
    """An edge of its own, whose callers have used up nothing yet."""
    with standins(tokens) as services, edge_before(services, tokens, calls=MOST) as edge:
        yield edge


def used_up(ask):
    """Calls until one is refused; returns its answer and how many were let in."""
    for count in range(3 * MOST):
        answer = ask()
        if answer.status_code == 429:
            return answer, count
    raise AssertionError("nothing was refused")


def test_a_call_too_many_is_answered_with_when_to_come_again(strict):
    answer, count = used_up(lambda: strict.rest.get(PORTFOLIOS, headers=strict.anyone))
    assert MOST - ASKED <= count < 1.5 * MOST
    assert len(strict.services.asked) == count
    body = answer.json()
    info, retry = body["details"]
    assert (body["code"], info["reason"], info["domain"]) == (8, "TOO_MANY_REQUESTS", "gateway.qpo")
    assert json_format.ParseDict({"retry_delay": retry["retry_delay"]}, error_details_pb2.RetryInfo())
    assert (retry["retry_delay"], answer.headers["retry-after"]) == ("1s", "1")
    assert "come again in a second" in body["message"]
    assert strict.stat("edge.http_local_rate_limit.rate_limited") >= 1


def test_over_grpc_it_is_resource_exhausted_with_the_same_details(strict):
    used_up(lambda: strict.rest.get(PORTFOLIOS, headers=strict.anyone))
    with strict.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        call = channel.unary_unary("/qpo.portfolio.v1.PortfolioService/GetPortfolio")
        for _ in range(MOST):
            call(b"", metadata=list(strict.anyone.items()))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    status = rpc_status.from_call(caught.value)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(retry)
    assert (info.reason, info.domain, retry.retry_delay.seconds) == ("TOO_MANY_REQUESTS", "gateway.qpo", 1)
    assert status.message == caught.value.details() == "too many calls from this address; come again in a second"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/auth/login"), ("GET", "/nothing/here"), ("GET", "/docs"), ("GET", PORTFOLIOS)],
)
def test_open_paths_count_and_so_does_what_has_no_token_or_leads_nowhere(strict, method, path):
    answer, count = used_up(lambda: strict.rest.request(method, path, json={} if method == "POST" else None))
    assert MOST - ASKED <= count < 1.5 * MOST
    assert answer.json()["details"][0]["reason"] == "TOO_MANY_REQUESTS"


def test_another_address_is_not_held_up_and_a_claimed_one_does_not_help(strict):
    used_up(lambda: strict.rest.get(PORTFOLIOS, headers=strict.anyone))
    claimed = {**strict.anyone, "x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9"}
    refused = [strict.rest.get(PORTFOLIOS, headers=claimed).status_code for _ in range(10)]
    assert refused.count(429) >= 9
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=strict.url, transport=elsewhere, trust_env=False) as other:
        assert {other.get(PORTFOLIOS, headers=strict.anyone).status_code for _ in range(20)} == {200}


def test_readiness_is_asked_for_as_often_as_one_likes(strict):
    assert {strict.rest.get("/ready").status_code for _ in range(2 * MOST)} == {200}


def test_a_page_of_another_origin_may_read_the_refusal(strict):
    origin = {"origin": "http://localhost:3000"}
    answer, _ = used_up(lambda: strict.rest.get(PORTFOLIOS, headers={**strict.anyone, **origin}))
    assert answer.headers["access-control-allow-origin"] == origin["origin"]
    assert "retry-after" in answer.headers["access-control-expose-headers"]


def test_when_a_service_says_to_come_again_stands_in_the_header_too(strict):
    def refuse(_body, context):
        context.set_trailing_metadata((("retry-after", "7"),))
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too often")

    strict.services.answers["ListPortfolios"] = refuse
    answer = strict.rest.get(PORTFOLIOS, headers=strict.anyone)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
