"""How often a user may call a method of two replicas behind the edge: seen from outside, in metrics, in the trail."""

import re
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import httpx
import pytest
from qpo.portfolio.v1.portfolio_service_pb2 import ListPortfoliosRequest
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.mesh.rest import DIRECT, User, administrator, answered
from tests.mesh.twins.mesh import await_true

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(240)]

MOST = 100


@pytest.fixture(scope="module")
def mesh():
    """Two of each service, in which one may list one's portfolios a hundred times an hour."""
    with tempfile.TemporaryDirectory(prefix="qpo-limits-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("QPO_PORTFOLIO_LIMIT_METHODS", f'{{"ListPortfolios": "{MOST} per hour"}}')
        settings = MeshSettings(
            state_dir=Path(folder) / "state", free_ports=True, durable=False, replicas=2, limits=True
        )
        with Mesh(settings) as running:
            yield running


@pytest.fixture(scope="module")
def used_up(mesh):
    """A user who has listed as often as they may, and the answers."""
    user = User(mesh.edge_url, mesh.edge_address).register()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: user.rest.get("/api/v1/portfolios"), range(3 * MOST)))
    return user, answers


def test_two_replicas_together_let_in_the_limit_and_a_few_more(used_up):
    found = Counter(answer.status_code for answer in used_up[1])
    assert set(found) == {200, 429}
    # A twentieth for each replica, and what was under way.
    assert MOST <= found[200] <= 1.1 * MOST + 8


def test_a_refusal_over_rest_says_why_and_when_to_come_again(used_up):
    refused = next(answer for answer in used_up[1] if answer.status_code == 429)
    body = refused.json()
    info, retry = body["details"]
    assert (body["code"], info["reason"], info["domain"]) == (8, "TOO_MANY_CALLS", "portfolio.qpo")
    assert info["metadata"]["limit"] == f"{MOST} per hour"
    seconds = float(retry["retry_delay"].removesuffix("s"))
    assert seconds <= int(refused.headers["retry-after"]) < seconds + 1


def test_over_grpc_it_is_resource_exhausted_and_other_methods_and_users_are_not_held_up(mesh, used_up):
    user, _ = used_up
    other = User(mesh.edge_url, mesh.edge_address).register()
    with grpc.insecure_channel(mesh.edge_address, DIRECT) as channel:
        stub = PortfolioServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.ListPortfolios(ListPortfoliosRequest(), metadata=(("authorization", f"Bearer {user.token}"),))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    answered(user.rest.get("/api/v1/auth/me"))
    answered(other.rest.get("/api/v1/portfolios"))


def test_each_replica_counts_its_refusals_and_writes_the_first_of_them_down(mesh, used_up):
    user, answers = used_up
    refused = sum(answer.status_code == 429 for answer in answers)
    counted = 0
    for replica in ("portfolio", "portfolio-2"):
        text = httpx.get(f"http://{mesh.metrics_address(replica)}/metrics", trust_env=False).text
        found = re.search(r'^calls_limited_total\{endpoint=".*/ListPortfolios"\} (\S+)$', text, re.MULTILINE)
        counted += float(found[1]) if found else 0
    assert counted >= refused
    root = administrator(mesh)

    def told():
        asked = {"user_id": user.user_id, "result": "TOO_MANY_CALLS"}
        return answered(root.rest.get("/api/v1/audit/events", params=asked))["events"]

    await_true(told)
    assert len(told()) <= 2
    assert {event["method"] for event in told()} == {"/qpo.portfolio.v1.PortfolioService/ListPortfolios"}
