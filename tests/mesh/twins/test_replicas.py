"""Two of each service on one set of stores: whatever one of them did, the other knows; and one alone is enough."""

import threading
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import grpc
import httpx
import pytest
from qpo.auth.v1 import auth_service_pb2 as auth
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.marketdata.v1 import prices_pb2 as prices
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub
from qpo.optimizer.v1 import optimization_pb2 as optimization
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolio
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from stack.addresses import SERVICES
from tests.mesh.rest import DATASET, DIRECT, PASSWORD, SYMBOLS
from tests.mesh.twins.mesh import await_true, killed

STUBS = {
    "auth": AuthServiceStub,
    "portfolio": PortfolioServiceStub,
    "marketdata": MarketDataServiceStub,
    "optimizer": OptimizerServiceStub,
}


class Replica:
    """Calls one replica directly, past the edge, as one user."""

    def __init__(self, stub, token: str) -> None:
        self._stub, self._token = stub, token

    def __getattr__(self, method: str):
        call = getattr(self._stub, method)
        return lambda request, timeout=20.0: call(
            request, metadata=(("authorization", f"Bearer {self._token}"),), timeout=timeout
        )


@pytest.fixture(scope="module")
def pair(mesh, me):
    """`pair("portfolio")`: both replicas of a service."""
    with ExitStack() as stack:

        def both(service: str) -> tuple[Replica, Replica]:
            addresses = (mesh.address(service), mesh.address(f"{service}-2"))
            channels = [stack.enter_context(grpc.insecure_channel(address, DIRECT)) for address in addresses]
            return tuple(Replica(STUBS[service](channel), me.token) for channel in channels)

        yield both


@contextmanager
def playing(replica: Replica, speed: float = 20.0):
    """A replay that one replica plays."""
    replay = replica.StartReplay(marketdata.StartReplayRequest(dataset=DATASET, speed=speed)).replay
    yield replay
    replica.StopReplay(marketdata.StopReplayRequest(replay_id=replay.id))


def frames(replica: Replica, cursor: str = "", count: int = 5):
    """The first messages of a subscription."""
    stream = replica.SubscribeTicks(marketdata.SubscribeTicksRequest(dataset=DATASET, cursor=cursor))
    taken = [next(stream) for _ in range(count)]
    stream.cancel()
    return taken


def test_both_replicas_of_auth_sign_with_the_same_keys(pair):
    one, other = pair("auth")
    keys = one.GetJwks(auth.GetJwksRequest()).keys
    assert keys
    assert other.GetJwks(auth.GetJwksRequest()).keys == keys


def test_a_login_at_one_counts_at_the_other_and_everywhere(pair, me):
    one, other = pair("auth")
    login = one.Login(auth.LoginRequest(email=me.email, password=PASSWORD))
    assert other.WhoAmI(auth.WhoAmIRequest()).user.email == me.email
    refreshed = other.Refresh(auth.RefreshRequest(refresh_token=login.tokens.refresh_token))
    for service in pair("portfolio"):
        service._token = refreshed.tokens.access_token
        service.ListPortfolios(portfolio.ListPortfoliosRequest())


def test_a_token_spent_at_one_is_spent_at_the_other(pair, me):
    one, other = pair("auth")
    spent = one.Login(auth.LoginRequest(email=me.email, password=PASSWORD)).tokens.refresh_token
    one.Refresh(auth.RefreshRequest(refresh_token=spent))
    with pytest.raises(grpc.RpcError) as refused:
        other.Refresh(auth.RefreshRequest(refresh_token=spent))
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_a_page_token_of_one_goes_on_at_the_other(pair, me):
    made = {me.new_portfolio()["id"] for _ in range(3)}
    one, other = pair("portfolio")
    seen, token, turns = set(), "", [one, other]
    while token or not seen:
        turns.reverse()
        page = turns[0].ListPortfolios(portfolio.ListPortfoliosRequest(page_size=1, page_token=token))
        seen |= {each.id for each in page.portfolios}
        token = page.next_page_token
    assert made <= seen
    one, other = pair("marketdata")
    asked = {"dataset": DATASET, "page_size": 10}
    first = one.ListBars(marketdata.ListBarsRequest(**asked))
    second = other.ListBars(marketdata.ListBarsRequest(page_token=first.next_page_token, **asked))
    assert second.bars[0].session != first.bars[0].session or second.bars[0].symbol != first.bars[0].symbol


def test_what_one_acknowledged_the_other_reads_at_once(pair, me):
    one, other = pair("portfolio")
    kept = me.new_portfolio()
    for turn, (writer, reader) in enumerate([(one, other), (other, one)] * 20):
        request = portfolio.UpdatePortfolioRequest(portfolio_id=kept["id"], portfolio={"name": f"Turn {turn}"})
        request.update_mask.paths.append("name")
        writer.UpdatePortfolio(request)
        read = reader.GetPortfolio(portfolio.GetPortfolioRequest(portfolio_id=kept["id"])).portfolio
        assert read.name == f"Turn {turn}"


def test_one_request_sent_to_both_at_once_has_one_effect(pair):
    request = portfolio.CreatePortfolioRequest(name="Once", request_id=str(uuid4()))
    made, together = [], threading.Barrier(2)

    def create(replica):
        together.wait(10)
        made.append(replica.CreatePortfolio(request).portfolio.id)

    callers = [threading.Thread(target=create, args=(replica,)) for replica in pair("portfolio")]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    assert len(made) == 2
    assert len(set(made)) == 1


def test_a_job_of_one_is_watched_and_read_at_the_other(pair):
    one, other = pair("optimizer")
    for submitter, watcher in ((one, other), (other, one)):
        request = optimizer.OptimizeRequest(universe=SYMBOLS, dataset=DATASET)
        job = submitter.Optimize(request).job
        watch = watcher.WatchOptimization(optimizer.WatchOptimizationRequest(job_id=job.job_id))
        states = [message.job.state for message in watch]
        assert states[-1] == optimization.JOB_STATE_SUCCEEDED
        assert watcher.GetOptimizationResult(optimizer.GetOptimizationResultRequest(job_id=job.job_id)).result.weights


def test_a_cursor_of_one_goes_on_at_the_other(pair):
    one, other = pair("marketdata")
    with playing(one):
        before = frames(one)
        after = frames(other, cursor=before[-1].cursor)
    assert not after[0].snapshot
    seqs = [int(tick.seq) for frame in (*before[1:], *after) for tick in frame.ticks if tick.symbol == "AAPL"]
    conflated = sum(frame.conflated for frame in (*before[1:], *after))
    assert conflated == 0
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_a_replay_that_one_plays_is_seen_and_stopped_at_the_other(pair):
    one, other = pair("marketdata")
    with playing(one) as replay:
        seen = other.GetReplay(marketdata.GetReplayRequest(replay_id=replay.id)).replay
        assert seen.state == prices.REPLAY_STATE_RUNNING
        stopped = other.StopReplay(marketdata.StopReplayRequest(replay_id=replay.id)).replay
        assert stopped.state == prices.REPLAY_STATE_STOPPED
        await_true(lambda: is_silent(one))
        asked = marketdata.GetReplayRequest(replay_id=replay.id)
        ended = one.GetReplay(asked).replay
        assert ended == other.GetReplay(asked).replay
        assert ended.state == prices.REPLAY_STATE_STOPPED


def is_silent(replica: Replica) -> bool:
    """Whether a subscriber hears nothing for a while after the snapshot."""
    stream = replica.SubscribeTicks(marketdata.SubscribeTicksRequest(dataset=DATASET), timeout=0.5)
    return sum(1 for _ in until_deadline(stream)) == 1


def until_deadline(stream):
    try:
        yield from stream
    except grpc.RpcError as ended:
        assert ended.code() is grpc.StatusCode.DEADLINE_EXCEEDED


READS = {
    "auth": lambda me, made: ("GET", "/api/v1/auth/me", None),
    "portfolio": lambda me, made: ("GET", f"/api/v1/portfolios/{made['id']}", None),
    "marketdata": lambda me, made: ("GET", f"/api/v1/datasets/{DATASET}/closes", None),
    "ml": lambda me, made: ("POST", "/api/v1/moments", {"dataset": {"dataset": DATASET, "symbols": list(SYMBOLS)}}),
    "optimizer": lambda me, made: ("GET", "/api/v1/optimize?page_size=5", None),
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("suffix", ["", "-2"])
def test_a_killed_replica_is_missed_by_no_idempotent_call_through_the_edge(mesh, me, service, suffix):
    made = me.new_portfolio()
    verb, path, body = READS[service](me, made)
    assert me.rest.request(verb, path, json=body).status_code == 200
    name = f"{service}{suffix}"
    answers, over = [], threading.Event()

    def ask():
        with httpx.Client(base_url=me.edge_url, headers=me.rest.headers, timeout=30, trust_env=False) as client:
            while not over.is_set():
                answers.append(client.request(verb, path, json=body).status_code)

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        await_true(lambda: len(answers) > 20)
        killed(mesh, name)
        enough = len(answers) + 20
        await_true(lambda: len(answers) > enough)
    finally:
        over.set()
        for caller in callers:
            caller.join(30)
    assert set(answers) == {200}
