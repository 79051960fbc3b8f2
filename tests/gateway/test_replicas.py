import time

import grpc
import pytest

from tests.gateway import rendered
from tests.gateway.conftest import edge_before, standins

PORTFOLIOS = "/api/v1/portfolios"
EJECTIONS = "cluster.portfolio.outlier_detection.ejections_enforced_consecutive_{}"


@pytest.fixture
def pair(tokens):
    """An edge before two replicas of each service."""
    with standins(tokens) as one, standins(tokens) as other, edge_before(one, tokens, other) as edge:
        yield edge, one, other


def unavailable(_body, context):
    context.abort(grpc.StatusCode.UNAVAILABLE, "not now")


def taken(standin, method):
    return sum(call.method == method for call in standin.calls)


def await_true(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def create(edge):
    return edge.rest.post(PORTFOLIOS, headers=edge.anyone, content="{}").status_code


def test_calls_are_spread_over_both_replicas(pair):
    edge, one, other = pair
    assert {create(edge) for _ in range(30)} == {200}
    assert min(taken(one, "CreatePortfolio"), taken(other, "CreatePortfolio")) > 3


def test_a_read_that_one_replica_refuses_is_answered_by_the_other(pair):
    edge, _, other = pair
    other.answers["GetPortfolio"] = unavailable
    answers = {edge.rest.get(f"{PORTFOLIOS}/x", headers=edge.anyone).status_code for _ in range(20)}
    assert answers == {200}
    assert taken(other, "GetPortfolio") > 0


def test_a_write_that_cannot_reach_one_replica_goes_to_the_other_and_is_made_once(pair):
    edge, one, other = pair
    other.stop()
    assert {create(edge) for _ in range(20)} == {200}
    assert taken(one, "CreatePortfolio") == 20


def test_a_replica_that_fails_three_times_in_a_row_rests_until_it_passes_a_health_check(pair):
    edge, _, other = pair
    other.answers["CreatePortfolio"] = unavailable
    await_true(lambda: create(edge) == 503 and edge.stat(EJECTIONS.format("gateway_failure")) == 1)
    failed = taken(other, "CreatePortfolio")
    assert failed == 3
    del other.answers["CreatePortfolio"]
    await_true(lambda: create(edge) == 200 and taken(other, "CreatePortfolio") > failed, seconds=5)


@pytest.mark.parametrize("seconds", [0.1, 3.0], ids=["before it is missed", "long after"])
def test_an_only_replica_that_comes_back_is_used_again_within_a_second(tokens, seconds):
    with standins(tokens) as only, edge_before(only, tokens) as edge:
        assert create(edge) == 200
        only.stop()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert create(edge) == 503
        only.start()
        back = time.monotonic()
        await_true(lambda: create(edge) == 200)
        assert time.monotonic() - back < 1


def test_the_last_replica_never_rests(pair):
    edge, one, other = pair
    for standin in (one, other):
        standin.answers["CreatePortfolio"] = unavailable
    assert {create(edge) for _ in range(20)} == {503}
    assert taken(one, "CreatePortfolio") + taken(other, "CreatePortfolio") == 20
    assert edge.stat("cluster.portfolio.membership_healthy") >= 1


def test_a_repeated_call_is_drawn_so_often_that_it_hardly_ever_goes_to_the_dead_replica_again():
    """Of two hosts the one that answers nobody is the less busy: least-request prefers it in three draws of four."""
    policies = [route.route.retry_policy for route in rendered.routes()]
    again = [policy for policy in policies if policy.retry_host_predicate]
    assert again
    assert max(0.75 ** (policy.host_selection_retry_max_attempts + 1) for policy in again) < 1e-3
