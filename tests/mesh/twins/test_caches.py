"""What one replica cached the other uses, and what one changed the other shows."""

from contextlib import contextmanager

import grpc
import httpx
import pytest
from qpo.auth.v1 import auth_service_pb2 as auth
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub

from tests.mesh.rest import DATASET, DIRECT, SYMBOLS, User

STUBS = {"auth": AuthServiceStub, "marketdata": MarketDataServiceStub, "optimizer": OptimizerServiceStub}


@contextmanager
def replicas(mesh, service):
    """Both replicas of a service."""
    channels = (grpc.insecure_channel(mesh.address(name), DIRECT) for name in (service, f"{service}-2"))
    with next(channels) as one, next(channels) as other:
        yield STUBS[service](one), STUBS[service](other)


def as_user(user):
    return {"metadata": (("authorization", f"Bearer {user.token}"),), "timeout": 20}


def hits(mesh, name, cache):
    """Of both layers, of one replica."""
    page = httpx.get(f"http://{mesh.metrics_address(name)}/metrics", trust_env=False).text
    lines = [line for line in page.splitlines() if line.startswith(f'cache_requests_total{{cache="{cache}"')]
    return sum(float(line.rpartition(" ")[2]) for line in lines if 'result="hit"' in line)


def test_a_problem_that_one_replica_solved_the_other_does_not_solve_again_unless_another_user_asks(mesh, me):
    ask = optimizer.SolveRequest(source={"universe": {"dataset": DATASET, "symbols": SYMBOLS}})
    with replicas(mesh, "optimizer") as (one, other):
        first = one.Solve(ask, **as_user(me)).result
        before = hits(mesh, "optimizer-2", "optimization")
        second = other.Solve(ask, **as_user(me)).result
        assert hits(mesh, "optimizer-2", "optimization") == before + 1
        assert second == first
        somebody = User(mesh.edge_url, mesh.edge_address).register().import_prices()
        assert other.Solve(ask, **as_user(somebody)).result.input_hash == first.input_hash
        assert hits(mesh, "optimizer-2", "optimization") == before + 1


def test_closes_that_one_replica_read_the_other_finds_until_an_upload_at_the_first(mesh):
    me = User(mesh.edge_url, mesh.edge_address).register().import_prices()
    ask = marketdata.ListClosesRequest(dataset=DATASET, symbols=SYMBOLS)
    with replicas(mesh, "marketdata") as (one, other):
        first = one.ListCloses(ask, **as_user(me)).closes
        before = hits(mesh, "marketdata-2", "close")
        assert other.ListCloses(ask, **as_user(me)).closes == first
        assert hits(mesh, "marketdata-2", "close") == before + len(SYMBOLS)
        header = marketdata.IngestHeader(dataset=DATASET, format=marketdata.PRICE_FORMAT_CSV)
        text = b"date,AAPL\n2024-01-02,123.25\n"
        parts = [marketdata.IngestPricesRequest(header=header), marketdata.IngestPricesRequest(chunk=text)]
        assert one.IngestPrices(iter(parts), **as_user(me)).bars_stored == 1
        now = {close.symbol: close.price for close in other.ListCloses(ask, **as_user(me)).closes}
    assert now == {close.symbol: close.price for close in first} | {"AAPL": 123.25}


def test_an_account_that_is_deleted_at_one_replica_is_gone_at_the_other(mesh):
    me = User(mesh.edge_url, mesh.edge_address).register()
    with replicas(mesh, "auth") as (one, other):
        for each in (one, other, one, other):
            assert each.WhoAmI(auth.WhoAmIRequest(), **as_user(me)).user.email == me.email
        one.DeleteUser(auth.DeleteUserRequest(user_id=me.user_id), **as_user(me))
        with pytest.raises(grpc.RpcError) as gone:
            other.WhoAmI(auth.WhoAmIRequest(), **as_user(me))
    assert gone.value.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAUTHENTICATED)
