import threading
import time

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolio

PORTFOLIOS = "/api/v1/portfolios"


def refuse(code, text="refused"):
    return lambda _body, context: context.abort(code, text)


def count(edge, method):
    return sum(call.method == method for call in edge.services.calls)


def test_malformed_json_is_answered_with_what_is_wrong(edge):
    answer = edge.rest.post(PORTFOLIOS, headers=edge.anyone, content='{"name": ')
    assert answer.status_code == 400
    assert answer.json()["code"] == 3
    assert "Unexpected end of string" in answer.json()["message"]


def test_an_unknown_query_parameter_is_named(edge):
    answer = edge.rest.get(PORTFOLIOS, params={"colour": "red"}, headers=edge.anyone)
    assert answer.status_code == 400
    assert "colour" in answer.json()["message"]


def test_a_rest_body_of_5_mb_is_refused_and_a_grpc_message_of_5_mb_passes(edge):
    assert edge.rest.post(PORTFOLIOS, headers=edge.anyone, content="x" * 5_000_000).json()["code"] == 8
    assert edge.rest.post(PORTFOLIOS, headers=edge.anyone, content="x" * 5_000_000).status_code == 413
    with edge.channel() as channel:
        ingest = channel.stream_unary("/qpo.marketdata.v1.MarketDataService/IngestPrices")
        assert ingest(iter([b"\x0a" + b"x" * 5_000_000]), metadata=list(edge.anyone.items())) == b""
        solve = channel.unary_unary("/qpo.optimizer.v1.OptimizerService/Solve")
        assert solve(bytes(5_000_000), metadata=list(edge.anyone.items())) == b""


def test_a_large_answer_is_turned_into_json(edge):
    portfolios = portfolio.ListPortfoliosResponse()
    for _ in range(8_000):
        portfolios.portfolios.add(name="n" * 1_000)
    edge.services.answers["ListPortfolios"] = lambda *_: portfolios.SerializeToString()
    answer = edge.rest.get(PORTFOLIOS, headers=edge.anyone)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["portfolios"]) == 8_000


def test_an_error_of_a_service_keeps_its_details(edge):
    def fail(_body, context):
        info = any_pb2.Any()
        info.Pack(error_details_pb2.ErrorInfo(reason="PORTFOLIO_NOT_FOUND", domain="portfolio.qpo"))
        status = status_pb2.Status(code=5, message="no such portfolio", details=[info])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.NOT_FOUND, "no such portfolio")

    edge.services.answers["GetPortfolio"] = fail
    answer = edge.rest.get(f"{PORTFOLIOS}/x", headers=edge.anyone)
    assert answer.status_code == 404
    assert answer.json()["message"] == "no such portfolio"
    assert answer.json()["details"][0]["reason"] == "PORTFOLIO_NOT_FOUND"


def test_a_read_is_tried_again_and_a_write_is_not(edge):
    edge.services.answers["GetPortfolio"] = refuse(grpc.StatusCode.UNAVAILABLE)
    edge.services.answers["CreatePortfolio"] = refuse(grpc.StatusCode.UNAVAILABLE)
    assert edge.rest.get(f"{PORTFOLIOS}/x", headers=edge.anyone).status_code == 503
    assert edge.rest.post(PORTFOLIOS, headers=edge.anyone, content="{}").status_code == 503
    assert (count(edge, "GetPortfolio"), count(edge, "CreatePortfolio")) == (3, 1)


def test_a_rest_call_has_a_deadline_and_a_shorter_one_of_the_callers_own_wins(edge):
    edge.rest.get(f"{PORTFOLIOS}/x", headers=edge.anyone)
    assert 9 < edge.services.asked[-1].seconds_left <= 10
    edge.rest.get(f"{PORTFOLIOS}/x", headers={**edge.anyone, "grpc-timeout": "900m"})
    assert edge.services.asked[-1].seconds_left < 1


@pytest.mark.parametrize("unreadable", ["bogus", "1", "10s", "123456789S", "-1S"])
def test_a_deadline_that_cannot_be_read_is_the_callers_mistake(edge, unreadable):
    answer = edge.rest.get("/api/v1/auth/me", headers={**edge.anyone, "grpc-timeout": unreadable})
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert "grpc-timeout" in answer.json()["message"]
    assert edge.services.asked == []


def test_a_request_that_the_edge_cannot_even_take_apart_has_the_one_shape(edge):
    answer = edge.rest.get("/api/v1/portfolios/%00", headers=edge.anyone)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert "cannot be read" in answer.json()["message"]


def test_a_service_that_does_not_answer_in_time_is_a_504(edge):
    released = threading.Event()
    edge.services.answers["WhoAmI"] = lambda *_: released.wait(30) and b""
    began = time.monotonic()
    answer = edge.rest.get("/api/v1/auth/me", headers={**edge.anyone, "grpc-timeout": "1S"})
    released.set()
    assert time.monotonic() - began < 9
    assert (answer.status_code, answer.json()["code"]) == (504, 4), answer.text


@pytest.mark.parametrize("service", ["auth", "optimizer"])
def test_the_edge_is_ready_only_while_every_service_is(edge, service):
    edge.services.serving(service, False)
    try:
        await_status(edge, 503)
    finally:
        edge.services.serving(service, True)
    await_status(edge, 200)


def test_a_service_without_a_healthy_host_is_unavailable_at_once_in_the_one_shape(edge):
    edge.services.serving("ml", False)
    try:
        await_status(edge, 503)
        answer = edge.rest.post("/api/v1/moments", headers=edge.anyone, content="{}")
    finally:
        edge.services.serving("ml", True)
    await_status(edge, 200)
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    assert answer.json()["details"][0]["reason"] == "SERVICE_UNAVAILABLE"


def await_status(edge, wanted):
    deadline = time.monotonic() + 30
    while edge.rest.get("/ready").status_code != wanted:
        assert time.monotonic() < deadline, f"/ready never said {wanted}"
        time.sleep(0.05)
