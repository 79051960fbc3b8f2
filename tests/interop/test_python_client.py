"""What qpo-client does for its user, before a server that answers as the test says, and before the real mesh."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pb2 import MethodOptions
from google.rpc import status_pb2
from qpo.auth.v1.auth_service_pb2 import LoginRequest, LoginResponse, RefreshResponse, RegisterResponse
from qpo.marketdata.v1.marketdata_service_pb2 import (
    ListInstrumentsRequest,
    ListInstrumentsResponse,
    SubscribeTicksRequest,
    SubscribeTicksResponse,
)
from qpo.marketdata.v1.prices_pb2 import Instrument
from qpo.optimizer.v1.optimization_pb2 import (
    JOB_STATE_CANCELLED,
    JOB_STATE_FAILED,
    JOB_STATE_RUNNING,
    JOB_STATE_SUCCEEDED,
    Optimization,
    OptimizationResult,
)
from qpo.optimizer.v1.optimizer_service_pb2 import WatchOptimizationResponse
from qpo.portfolio.v1.portfolio_service_pb2 import (
    CreatePortfolioRequest,
    CreatePortfolioResponse,
    GetPortfolioRequest,
    GetPortfolioResponse,
)
from qpo_client import Client, JobCancelled, JobFailed
from qpo_client.client import CONTRACTS
from qpo_client.pages import items_of
from qpo_client.retries import may_be_repeated
from qpo_client.session import Person
from qpo_client.streams import Patience, follow

from stack.mesh import Mesh
from tests.docs.blocks import blocks
from tests.interop.golden_messages import infeasible
from tests.interop.programs import ENVIRONMENT, ROOT, built
from tests.interop.scripted import Scripted, serving

AWAY = grpc.StatusCode.UNAVAILABLE
WHO = ("grace@example.com", "a-long-pass-phrase-49")
README = ROOT / "clients/python/README.md"


@pytest.fixture
def server() -> Iterator[tuple[Scripted, Client]]:
    with serving() as (scripted, url), Client(url) as client:
        scripted.will("Login", LoginResponse(tokens={"access_token": "first", "expires_in": 900}))
        client.log_in(*WHO)
        scripted.asked.clear()
        scripted.tokens.clear()
        yield scripted, client


def unhurried() -> Patience:
    return Patience(sleep=lambda _: None)


def test_a_call_without_side_effects_is_repeated_to_success(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("GetPortfolio", AWAY, AWAY, GetPortfolioResponse())
    client.portfolios.GetPortfolio(GetPortfolioRequest())
    assert len(scripted.asked) == 3
    assert set(scripted.tokens) == {"Bearer first"}


def test_a_call_is_made_thrice_at_most(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("GetPortfolio", AWAY)
    with pytest.raises(grpc.RpcError):
        client.portfolios.GetPortfolio(GetPortfolioRequest())
    assert len(scripted.asked) == 3


def test_a_call_that_may_not_be_repeated_is_made_once(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("Register", AWAY, RegisterResponse())
    with pytest.raises(grpc.RpcError):
        client.register(*WHO)
    assert len(scripted.asked) == 1


def test_a_call_that_takes_an_id_is_repeated_under_the_same_one(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("CreatePortfolio", AWAY, CreatePortfolioResponse())
    request = CreatePortfolioRequest(name="first")
    client.portfolios.CreatePortfolio(request)
    client.portfolios.CreatePortfolio(request)
    first, again, other = (asked.request_id for asked in scripted.requests("CreatePortfolio"))
    assert len(first) == 36
    assert first == again != other
    assert request.request_id == ""


def test_an_id_of_the_callers_own_stays(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("CreatePortfolio", CreatePortfolioResponse())
    client.portfolios.CreatePortfolio(CreatePortfolioRequest(request_id="mine"))
    assert scripted.requests("CreatePortfolio")[0].request_id == "mine"


def test_what_is_refused_for_another_reason_is_not_repeated(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("GetPortfolio", grpc.StatusCode.ABORTED)
    with pytest.raises(grpc.RpcError):
        client.portfolios.GetPortfolio(GetPortfolioRequest())
    assert len(scripted.asked) == 1


def test_a_server_that_fails_is_hardly_called_oftener_for_it(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("GetPortfolio", AWAY)
    for _ in range(20):
        with pytest.raises(grpc.RpcError):
            client.portfolios.GetPortfolio(GetPortfolioRequest())
    # Two repetitions of the first, two or fewer of the second; then half of the tokens are gone.
    assert 20 < len(scripted.asked) <= 24
    # What goes well gives little back.
    scripted.will("GetPortfolio", *[GetPortfolioResponse()] * 5, AWAY)
    for _ in range(5):
        client.portfolios.GetPortfolio(GetPortfolioRequest())
    scripted.asked.clear()
    with pytest.raises(grpc.RpcError):
        client.portfolios.GetPortfolio(GetPortfolioRequest())
    assert len(scripted.asked) == 1


def test_repeated_is_what_the_contract_says() -> None:
    methods = {
        f"{service.name}.{method.name}": method
        for file in CONTRACTS
        for service in file.services_by_name.values()
        for method in service.methods
    }
    safe = {MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT}
    for name, method in methods.items():
        named = "request_id" in method.input_type.fields_by_name
        level = method.GetOptions().idempotency_level
        assert may_be_repeated(method) is (not method.client_streaming and (named or level in safe)), name
    assert not may_be_repeated(methods["AuthService.Login"])
    assert may_be_repeated(methods["PortfolioService.CreatePortfolio"])
    assert {file.name for file in CONTRACTS} == {
        str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto").rglob("*_service.proto")
    }


def test_a_list_is_walked_through_page_by_page(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    pages = [
        ListInstrumentsResponse(instruments=[Instrument(symbol="A")], next_page_token="second"),
        ListInstrumentsResponse(next_page_token="third"),
        ListInstrumentsResponse(instruments=[Instrument(symbol="B"), Instrument(symbol="C")]),
    ]
    scripted.will("ListInstruments", *pages)
    request = ListInstrumentsRequest(dataset="closes", page_size=2)
    listed = client.every(client.marketdata.ListInstruments, request)
    assert next(listed).symbol == "A"
    assert len(scripted.asked) == 1, "a page is asked for when it is needed"
    assert [each.symbol for each in listed] == ["B", "C"]
    asked = [(page.page_token, page.page_size) for page in scripted.requests("ListInstruments")]
    assert asked == [("", 2), ("second", 2), ("third", 2)]
    assert request.page_token == ""


def test_every_page_of_the_contracts_has_one_list() -> None:
    paged = [
        method
        for file in CONTRACTS
        for service in file.services_by_name.values()
        for method in service.methods
        if "page_token" in method.input_type.fields_by_name
    ]
    assert len(paged) > 5
    for method in paged:
        assert items_of(method.output_type._concrete_class()), method.full_name


def frame(cursor: str, *, snapshot: bool = False) -> SubscribeTicksResponse:
    return SubscribeTicksResponse(cursor=cursor, snapshot=snapshot)


def test_a_stream_that_breaks_goes_on_behind_its_last_message(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("SubscribeTicks", [frame("1"), frame("2"), AWAY], AWAY, [frame("3")], [frame("4")])
    request = SubscribeTicksRequest(dataset="closes")
    following = follow(client.marketdata.SubscribeTicks, request, patience=unhurried())
    assert [next(following).cursor for _ in range(4)] == ["1", "2", "3", "4"]
    following.close()
    cursors = [asked.cursor for asked in scripted.requests("SubscribeTicks")]
    assert cursors[0] == ""
    assert cursors[-1] == "3"
    assert set(cursors[1:-1]) == {"2"}


def test_a_stream_is_not_taken_up_when_it_is_refused(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("SubscribeTicks", grpc.StatusCode.PERMISSION_DENIED)
    with pytest.raises(grpc.RpcError) as refused:
        next(follow(client.marketdata.SubscribeTicks, SubscribeTicksRequest(), patience=unhurried()))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert len(scripted.asked) == 1


def test_a_server_that_stays_away_is_given_up(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("SubscribeTicks", AWAY)
    patience = Patience(tries=3, sleep=lambda _: None)
    with pytest.raises(grpc.RpcError):
        next(follow(client.marketdata.SubscribeTicks, SubscribeTicksRequest(), patience=patience))


def watched(state: int, **more: object) -> WatchOptimizationResponse:
    return WatchOptimizationResponse(job=Optimization(job_id="j", state=state), **more)  # type: ignore[arg-type]


def test_a_job_is_waited_for_over_a_line_that_breaks(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    done = watched(JOB_STATE_SUCCEEDED, result=OptimizationResult(sharpe_ratio=1.5))
    scripted.will("WatchOptimization", [watched(JOB_STATE_RUNNING), AWAY], [watched(JOB_STATE_RUNNING), done])
    told: list[int] = []
    assert client.wait("j", timeout=30, on_progress=lambda job: told.append(job.state)).sharpe_ratio == 1.5
    assert told == [JOB_STATE_RUNNING, JOB_STATE_RUNNING, JOB_STATE_SUCCEEDED]


def test_what_a_reader_of_progress_raises_is_not_taken_for_the_lines(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("WatchOptimization", [watched(JOB_STATE_RUNNING)])
    scripted.will("GetPortfolio", AWAY)
    with pytest.raises(grpc.RpcError):
        client.wait("j", timeout=30, on_progress=lambda _: client.portfolios.GetPortfolio(GetPortfolioRequest()))
    assert len(scripted.requests("WatchOptimization")) == 1


def test_a_file_of_prices_that_is_not_there_is_told_before_anything_is_sent(
    server: tuple[Scripted, Client], tmp_path: Path
) -> None:
    scripted, client = server
    with pytest.raises(FileNotFoundError):
        client.import_prices("closes", tmp_path / "none.csv")
    assert scripted.asked == []


def test_a_job_that_failed_says_why(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    job = Optimization(job_id="j", state=JOB_STATE_FAILED, error=infeasible())
    scripted.will("WatchOptimization", [WatchOptimizationResponse(job=job)])
    with pytest.raises(JobFailed) as failed:
        client.wait("j", timeout=30)
    told = failed.value.refusal
    assert (told.reason, told.domain, told.retry_after) == ("INFEASIBLE", "optimizer.qpo", 1.5)
    assert told.code is grpc.StatusCode.FAILED_PRECONDITION
    assert [conflict.subject for conflict in told.conflicts] == ["constraints.min_budget"]
    assert list(told.fields) == ["constraints"]


def test_a_job_that_was_cancelled_has_no_result(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("WatchOptimization", [watched(JOB_STATE_CANCELLED)])
    with pytest.raises(JobCancelled):
        client.wait("j", timeout=30)


def test_a_status_without_details_is_read_too() -> None:
    told = JobFailed(Optimization(error=status_pb2.Status(code=4, message="out of time"))).refusal
    assert (told.code, told.reason, told.retry_after) == (grpc.StatusCode.DEADLINE_EXCEEDED, "", None)


def test_a_token_is_renewed_before_it_ends(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    now = 0.0
    scripted.will("Login", LoginResponse(tokens={"access_token": "a", "refresh_token": "r", "expires_in": 900}))
    scripted.will("Refresh", RefreshResponse(tokens={"access_token": "b", "refresh_token": "s", "expires_in": 900}))
    person = Person(client.auth, LoginRequest(email=WHO[0], password=WHO[1]), now=lambda: now)
    assert person.token() == "a"
    now = 869.0
    assert person.token() == "a"
    now = 871.0
    assert [person.token() for _ in range(2)] == ["b", "b"]
    (asked,) = scripted.requests("Refresh")
    assert asked.refresh_token == "r"
    assert asked.request_id


def test_a_refresh_whose_answer_was_lost_is_asked_for_again_under_the_same_id(server: tuple[Scripted, Client]) -> None:
    scripted, client = server
    scripted.will("Login", LoginResponse(tokens={"access_token": "a", "refresh_token": "r", "expires_in": 20}))
    renewed = [RefreshResponse(tokens={"access_token": name, "refresh_token": "s", "expires_in": 20}) for name in "bc"]
    scripted.will("Refresh", grpc.StatusCode.DEADLINE_EXCEEDED, *renewed)
    person = Person(client.auth, LoginRequest(email=WHO[0], password=WHO[1]))
    with pytest.raises(grpc.RpcError):
        person.token()
    assert [person.token() for _ in range(2)] == ["b", "c"]
    first, again, other = (asked.request_id for asked in scripted.requests("Refresh"))
    assert first == again != other


def test_nobody_calls_before_a_login() -> None:
    with serving() as (_, url), Client(url) as client, pytest.raises(LookupError, match="log_in"):
        client.portfolios.GetPortfolio(GetPortfolioRequest())


def test_an_address_is_a_url() -> None:
    with pytest.raises(ValueError, match="https://"):
        Client("localhost:8080")


@pytest.mark.timeout(240)
def test_the_readme_shows_what_its_code_prints(mesh: Mesh, prices: Path, tmp_path: Path) -> None:
    python = ROOT / built("python").command[0]
    shown = list(blocks(README, {"python"}))
    assert len(shown) == 3
    environment = {**ENVIRONMENT, "QPO_EDGE": mesh.edge_url, "QPO_PRICES": str(prices)}
    for block in shown:
        ran = subprocess.run(
            [python, "-"], input=block.text, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert block.output is not None
        assert block.prints(ran.stdout), f"{README.name}:{block.line} shows\n{block.output}\nand printed\n{ran.stdout}"


def test_the_wheel_needs_nothing_else_of_ours() -> None:
    python = ROOT / built("python").command[0]
    code = "import qpo_client, importlib.util as u; print(u.find_spec('chassis'), u.find_spec('services'))"
    told = subprocess.run([python, "-c", code], cwd="/", env=os.environ, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "None None"
