"""The edge has so many calls under way to a service and no more; the rest is told at once to come again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from tests.gateway import rendered
from tests.gateway.conftest import edge_before, standins

AT_ONCE = 2
PORTFOLIO, JOB = "/api/v1/portfolios/x", "/api/v1/optimize/x"
WAITING = {"ExportMyData", "VerifyAudit", "WatchOptimization", "Optimize", "SolveBatch"}


@pytest.fixture
def narrow(tokens):
    with standins(tokens) as services, edge_before(services, tokens, at_once=AT_ONCE) as edge:
        yield edge


@contextmanager
def under_way(edge, method, path, count=AT_ONCE):
    """So many calls that have reached their service and are not answered until the block ends."""
    here, go_on = threading.Semaphore(0), threading.Event()

    def wait(_body, _context):
        here.release()
        assert go_on.wait(60)
        return b""

    edge.services.answers[method] = wait
    with ThreadPoolExecutor(count) as pool:
        calls = [pool.submit(edge.rest.get, path, headers=edge.anyone) for _ in range(count)]
        try:
            assert all(here.acquire(timeout=60) for _ in range(count))
            yield
        finally:
            go_on.set()
    assert [call.result().status_code for call in calls] == [200] * count


def test_one_more_is_told_at_once_when_to_come_again(narrow):
    with under_way(narrow, "GetPortfolio", PORTFOLIO):
        refused = narrow.rest.get(PORTFOLIO, headers=narrow.anyone)
    body = refused.json()
    info, retry = body["details"]
    assert (refused.status_code, body["code"], refused.headers["retry-after"]) == (503, 14, "1")
    assert (info["reason"], info["domain"], retry["retry_delay"]) == ("OVERLOADED", "gateway.qpo", "1s")
    assert len([call for call in narrow.services.asked if call.method == "GetPortfolio"]) == AT_ONCE
    assert narrow.rest.get(PORTFOLIO, headers=narrow.anyone).status_code == 200


def test_over_grpc_it_is_unavailable_with_the_same_details(narrow):
    with under_way(narrow, "GetPortfolio", PORTFOLIO), narrow.channel() as channel:
        call = channel.unary_unary("/qpo.portfolio.v1.PortfolioService/ListPortfolios")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", metadata=list(narrow.anyone.items()))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    status = rpc_status.from_call(caught.value)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(retry)
    assert (info.reason, info.domain, retry.retry_delay.seconds) == ("OVERLOADED", "gateway.qpo", 1)
    assert status.message == caught.value.details()


def test_another_service_is_not_held_up(narrow):
    with under_way(narrow, "GetPortfolio", PORTFOLIO):
        assert narrow.rest.get(f"{JOB}/status", headers=narrow.anyone).status_code == 200


def test_calls_that_wait_take_no_room_from_those_that_work(narrow):
    with under_way(narrow, "WatchOptimization", f"{JOB}/progress", count=2 * AT_ONCE):
        assert narrow.rest.get(f"{JOB}/status", headers=narrow.anyone).status_code == 200


def test_every_endless_or_waiting_call_is_on_a_route_of_high_priority_and_no_other():
    for _, full_name, method in rendered.methods():
        route = rendered.route_of(f"/{full_name}/{method.name}").route
        waits = method.name in WAITING or method.name.startswith(("Subscribe", "Ingest"))
        if route.cluster:
            assert (route.priority == 1) is waits, method.name
