"""Every path of the specification and of the contracts through the real Envoy, by a client that knows only HTTP."""

import json
from dataclasses import replace
from itertools import chain

import httpx
import pytest
from google.api import annotations_pb2
from qpo.auth.v1 import (
    api_key_service_pb2,
    audit_service_pb2,
    auth_service_pb2,
    second_factor_service_pb2,
    security_service_pb2,
    user_service_pb2,
)
from qpo.marketdata.v1 import (
    alternative_data_service_pb2,
    data_quality_service_pb2,
    feed_service_pb2,
    marketdata_service_pb2,
)
from qpo.ml.v1 import ml_service_pb2
from qpo.optimizer.v1 import optimizer_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

from tests.mesh.auth_calls import AUTH_CALLS
from tests.mesh.conformance import Conformance, Transport
from tests.mesh.feed_calls import FEED_CALLS
from tests.mesh.rest import DATASET, SESSIONS, SYMBOLS, User, answered

pytestmark = pytest.mark.mesh

UNIVERSE = {"universe": {"dataset": DATASET, "symbols": list(SYMBOLS), "estimation": {"lookback": 252}}}
SPECIFIED = {
    ("POST", "/api/v1/portfolios"),
    ("GET", "/api/v1/portfolios/{portfolio_id}"),
    ("PUT", "/api/v1/portfolios/{portfolio_id}"),
    ("DELETE", "/api/v1/portfolios/{portfolio_id}"),
    ("GET", "/api/v1/portfolios/{portfolio_id}/holdings"),
    ("POST", "/api/v1/portfolios/{portfolio_id}/rebalance"),
    ("POST", "/api/v1/optimize"),
    ("GET", "/api/v1/optimize/{job_id}/status"),
    ("GET", "/api/v1/optimize/{job_id}/result"),
}


@pytest.fixture(scope="module", autouse=True)
def conformance():
    """The judge of every answer that anybody gets in this module."""
    judge = Conformance()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "conformance", judge, raising=False)
        patch.setattr(httpx, "HTTPTransport", Transport)
        patch.setattr("httpx._client.HTTPTransport", Transport)
        yield judge


@pytest.fixture(scope="module")
def admin(admin, conformance) -> User:
    """The administrator, by a client whose answers are judged: the one that other modules have was made before."""
    return replace(admin)


@pytest.fixture(scope="module")
def me(mesh, conformance) -> User:
    return User(mesh.edge_url, mesh.edge_address).register().import_prices().feed_ticks().feed_documents()


@pytest.fixture(scope="module")
def door(mesh) -> httpx.Client:
    """REST without a token."""
    with httpx.Client(base_url=mesh.edge_url, timeout=30, trust_env=False) as client:
        yield client


def create_portfolio(me, admin):
    made = me.new_portfolio(name="Created")
    assert made["cash"]["value"] == "100000.00"
    assert made["user_id"] == me.user_id


def get_portfolio(me, admin):
    made = me.new_portfolio()
    assert answered(me.rest.get(f"/api/v1/portfolios/{made['id']}"))["portfolio"] == made


def list_portfolios(me, admin):
    newest = me.new_portfolio()
    page = answered(me.rest.get("/api/v1/portfolios", params={"page_size": 1}))
    assert [it["id"] for it in page["portfolios"]] == [newest["id"]]
    older = {"page_size": 1, "page_token": page["next_page_token"]}
    me.new_portfolio()
    assert newest["id"] not in me.rest.get("/api/v1/portfolios", params=older).text


def replace_portfolio(me, admin):
    made = me.new_portfolio()
    body = answered(me.rest.put(f"/api/v1/portfolios/{made['id']}", json={"name": "Replaced"}))["portfolio"]
    assert body["name"] == "Replaced"
    assert not body["strategy"].get("universe")
    assert body["etag"] != made["etag"]


def update_portfolio(me, admin):
    made = me.new_portfolio()
    path = f"/api/v1/portfolios/{made['id']}"
    changed = {"name": "Updated", "strategy": {"goal": {"objective": "OBJECTIVE_RISK"}}}
    body = answered(me.rest.patch(path, params={"update_mask": "name,strategy.goal"}, json=changed))["portfolio"]
    assert body["name"] == "Updated"
    assert body["strategy"]["goal"]["objective"] == "OBJECTIVE_RISK"
    assert body["strategy"]["universe"] == list(SYMBOLS)


def delete_portfolio(me, admin):
    path = f"/api/v1/portfolios/{me.new_portfolio()['id']}"
    assert answered(me.rest.delete(path)) == {}
    assert me.rest.get(path).status_code == 404


def list_holdings(me, admin):
    made = me.new_portfolio()
    body = answered(me.rest.get(f"/api/v1/portfolios/{made['id']}/holdings"))
    assert body["holdings"] == []
    assert body["nav"]["value"] == "100000.00"


def rebalance(me, admin):
    made = me.new_portfolio()
    path = f"/api/v1/portfolios/{made['id']}"
    asked = answered(me.rest.post(f"{path}/rebalance", json={"validate_only": True}))
    assert asked["validate_only"]
    assert not me.rest.get(path).json()["portfolio"]["holdings"]
    body = answered(me.rest.post(f"{path}/rebalance", json={}))
    assert {trade["symbol"] for trade in body["trades"]} <= set(SYMBOLS)
    assert body["sharpe_ratio"] > 0
    as_of = {"as_of.year": 2021, "as_of.month": 6, "as_of.day": 1}
    assert answered(me.rest.get(f"{path}/holdings", params=as_of))["nav"]["value"] != body["nav"]["value"]


def list_datasets(me, admin):
    datasets = answered(me.rest.get("/api/v1/datasets"))["datasets"]
    assert DATASET in [dataset["name"] for dataset in datasets]


def update_instruments(me, admin):
    updates = [{"symbol": symbol, "sector": "all", "country": "US"} for symbol in SYMBOLS]
    path = f"/api/v1/datasets/{DATASET}/instruments"
    updated = answered(me.rest.patch(path, json={"updates": updates}))["instruments"]
    assert {instrument["sector"] for instrument in updated} == {"all"}
    assert answered(me.rest.get(path))["instruments"] == updated


def list_instruments(me, admin):
    instruments = answered(me.rest.get(f"/api/v1/datasets/{DATASET}/instruments"))["instruments"]
    assert [instrument["symbol"] for instrument in instruments] == list(SYMBOLS)
    assert {instrument["sessions"] for instrument in instruments} == {SESSIONS}


def list_bars(me, admin):
    params = {"symbols": ["AAPL", "XOM"], "start.year": 2021, "start.month": 2, "start.day": 1, "page_size": 3}
    bars = answered(me.rest.get(f"/api/v1/datasets/{DATASET}/bars", params=params))["bars"]
    assert [(bar["symbol"], bar["session"]["day"]) for bar in bars] == [("AAPL", 1), ("XOM", 1), ("AAPL", 2)]


def list_closes(me, admin):
    session = {"session.year": 2021, "session.month": 2, "session.day": 1}
    closes = answered(me.rest.get(f"/api/v1/datasets/{DATASET}/closes", params=session))["closes"]
    assert [close["symbol"] for close in closes] == list(SYMBOLS)


def get_returns(me, admin):
    params = {"symbols": "AAPL", "lookback": 10}
    body = answered(me.rest.get(f"/api/v1/datasets/{DATASET}/returns", params=params))
    assert body["returns"]["rows"] == 10
    assert body["histories"][0]["missing"] == 0


def start_replay(me, admin):
    body = answered(me.rest.post(f"/api/v1/datasets/{DATASET}/replays", json={"speed": 500}))
    me.rest.post(f"/api/v1/replays/{body['replay']['id']}/stop", json={})
    assert body["replay"]["sessions_total"] == SESSIONS


def get_replay(me, admin):
    replay = me.new_replay()
    body = answered(me.rest.get(f"/api/v1/replays/{replay}"))
    me.rest.post(f"/api/v1/replays/{replay}/stop", json={})
    assert body["replay"]["speed"] == 100


def stop_replay(me, admin):
    body = answered(me.rest.post(f"/api/v1/replays/{me.new_replay()}/stop", json={}))
    assert body["replay"]["state"] == "REPLAY_STATE_STOPPED"


def estimate_moments(me, admin):
    request = {"dataset": {"dataset": DATASET}, "estimation": {"lookback": 100}}
    body = answered(me.rest.post("/api/v1/moments", json=request))
    assert body["moments"]["symbols"] == list(SYMBOLS)
    assert len(body["moments"]["dense"]["doubles"]["values"]) == 16
    assert body["quality"]["sessions_used"] == 100


def optimize(me, admin):
    body = me.new_job(portfolio_id=me.new_portfolio()["id"], universe=[], dataset="")
    assert body["job"]["state"] == "JOB_STATE_SUCCEEDED"
    assert sum(body["result"]["weights"].values()) == pytest.approx(1, abs=1e-9)
    interval = body["result"]["confidence_interval"]
    assert interval["lower"] < body["result"]["sharpe_ratio"] < interval["upper"]


def optimization_status(me, admin):
    job = me.new_job()["job_id"]
    assert answered(me.rest.get(f"/api/v1/optimize/{job}/status"))["job"]["state"] == "JOB_STATE_SUCCEEDED"


def optimization_result(me, admin):
    made = me.new_job()
    body = answered(me.rest.get(f"/api/v1/optimize/{made['job_id']}/result"))
    assert body["result"] == made["result"]


def watch_optimization(me, admin):
    made = me.new_job()
    with me.rest.stream("GET", f"/api/v1/optimize/{made['job_id']}/progress") as answer:
        assert answer.status_code == 200
        frames = [json.loads(line) for line in answer.iter_lines() if line]
    assert frames[-1]["result"]["weights"] == made["result"]["weights"]


def cancel_optimization(me, admin):
    job = me.new_job()["job_id"]
    body = answered(me.rest.post(f"/api/v1/optimize/{job}/cancel", json={}))
    assert body["job"]["state"] == "JOB_STATE_SUCCEEDED"  # it had ended, and stays as it was


def replay_run(me, admin):
    made = me.new_job()
    body = answered(me.rest.post(f"/api/v1/optimize/{made['job_id']}/replay", json={}))
    assert body["identical"]
    assert body["result_hash"] == made["result"]["run"]["result_hash"]


def list_optimizations(me, admin):
    job = me.new_job()["job_id"]
    assert answered(me.rest.get("/api/v1/optimize", params={"page_size": 1}))["jobs"][0]["job_id"] == job


def solve(me, admin):
    request = {"source": UNIVERSE, "goal": {"objective": "OBJECTIVE_RISK"}}
    result = answered(me.rest.post("/api/v1/solve", json=request))["result"]
    assert set(result["weights"]) == set(SYMBOLS)
    assert result["goal"]["objective"] == "OBJECTIVE_RISK"


def explain(me, admin):
    capped = {"default_bounds": {"min": 0, "max": 0.4}}
    request = {"source": UNIVERSE, "goal": {"objective": "OBJECTIVE_RISK"}, "constraints": capped}
    body = answered(me.rest.post("/api/v1/explain", json=request))
    assert [asset["symbol"] for asset in body["explanation"]["assets"]] == list(SYMBOLS)
    assert sum(asset["risk"]["share"] for asset in body["explanation"]["assets"]) == pytest.approx(1)


def put_universe(me, admin):
    put = answered(me.rest.post("/api/v1/universes", json={"source": UNIVERSE}))
    asked = {"source": {"universe_id": put["universe_id"]}, "goal": {"objective": "OBJECTIVE_RISK"}}
    again = {"source": UNIVERSE, "goal": {"objective": "OBJECTIVE_RISK"}}
    resident, stated = (answered(me.rest.post("/api/v1/solve", json=each))["result"] for each in (asked, again))
    assert resident["weights"] == stated["weights"]
    assert resident["input_hash"] == stated["input_hash"]


def solve_frontier(me, admin):
    points = answered(me.rest.post("/api/v1/frontier", json={"source": UNIVERSE, "points": 10}))["points"]
    assert len(points) == 10
    returns = [point["expected_return"] for point in points]
    assert returns == sorted(returns)


def watch_frontier(me, admin):
    asked = {"frontier": {"source": UNIVERSE, "points": 10}}
    with me.rest.stream("POST", "/api/v1/frontier/watch", json=asked) as answer:
        assert answer.status_code == 200
        seen = [json.loads(line) for line in answer.iter_lines() if line]
    assert [each["index"] for each in seen] == list(range(10))
    assert seen[0]["symbols"]


CALLS = {
    **AUTH_CALLS,
    ("POST", "/api/v1/portfolios"): create_portfolio,
    ("GET", "/api/v1/portfolios/{portfolio_id}"): get_portfolio,
    ("GET", "/api/v1/portfolios"): list_portfolios,
    ("PUT", "/api/v1/portfolios/{portfolio_id}"): replace_portfolio,
    ("PATCH", "/api/v1/portfolios/{portfolio_id}"): update_portfolio,
    ("DELETE", "/api/v1/portfolios/{portfolio_id}"): delete_portfolio,
    ("GET", "/api/v1/portfolios/{portfolio_id}/holdings"): list_holdings,
    ("POST", "/api/v1/portfolios/{portfolio_id}/rebalance"): rebalance,
    ("GET", "/api/v1/datasets"): list_datasets,
    ("GET", "/api/v1/datasets/{dataset}/instruments"): list_instruments,
    ("PATCH", "/api/v1/datasets/{dataset}/instruments"): update_instruments,
    ("GET", "/api/v1/datasets/{dataset}/bars"): list_bars,
    ("GET", "/api/v1/datasets/{dataset}/closes"): list_closes,
    ("GET", "/api/v1/datasets/{dataset}/returns"): get_returns,
    **FEED_CALLS,
    ("POST", "/api/v1/datasets/{dataset}/replays"): start_replay,
    ("GET", "/api/v1/replays/{replay_id}"): get_replay,
    ("POST", "/api/v1/replays/{replay_id}/stop"): stop_replay,
    ("POST", "/api/v1/moments"): estimate_moments,
    ("POST", "/api/v1/optimize"): optimize,
    ("GET", "/api/v1/optimize/{job_id}/status"): optimization_status,
    ("GET", "/api/v1/optimize/{job_id}/result"): optimization_result,
    ("GET", "/api/v1/optimize/{job_id}/progress"): watch_optimization,
    ("POST", "/api/v1/optimize/{job_id}/cancel"): cancel_optimization,
    ("POST", "/api/v1/optimize/{job_id}/replay"): replay_run,
    ("GET", "/api/v1/optimize"): list_optimizations,
    ("POST", "/api/v1/solve"): solve,
    ("POST", "/api/v1/explain"): explain,
    ("POST", "/api/v1/universes"): put_universe,
    ("POST", "/api/v1/frontier"): solve_frontier,
    ("POST", "/api/v1/frontier/watch"): watch_frontier,
}


def contracted() -> set[tuple[str, str]]:
    """Every verb and path that the contracts name."""
    files = (
        auth_service_pb2,
        second_factor_service_pb2,
        api_key_service_pb2,
        user_service_pb2,
        audit_service_pb2,
        security_service_pb2,
        portfolio_service_pb2,
        marketdata_service_pb2,
        data_quality_service_pb2,
        feed_service_pb2,
        alternative_data_service_pb2,
        ml_service_pb2,
        optimizer_service_pb2,
    )
    services = chain.from_iterable(file.DESCRIPTOR.services_by_name.values() for file in files)
    rules = [method.GetOptions().Extensions[annotations_pb2.http] for it in services for method in it.methods]
    every = [*rules, *chain.from_iterable(rule.additional_bindings for rule in rules)]
    verbs = ((rule.WhichOneof("pattern"), rule) for rule in every)
    return {(verb.upper(), getattr(rule, verb)) for verb, rule in verbs if verb}


def test_every_path_of_the_contracts_is_called_here_and_no_other():
    assert contracted() == set(CALLS)


def test_the_contracts_hold_every_path_of_the_specification():
    assert contracted() >= SPECIFIED


@pytest.mark.parametrize("verb_and_path", CALLS, ids=" ".join)
def test_a_path_succeeds_and_answers_as_its_contract_and_the_openapi_document_say(
    verb_and_path, me, admin, conformance
):
    CALLS[verb_and_path](me, admin)
    assert 200 in conformance.met[verb_and_path]


@pytest.mark.parametrize("path", ["/health", "/healthz", "/ready"])
def test_the_edge_says_that_it_is_well_without_a_token(door, path):
    assert door.get(path).status_code == 200


def test_the_docs_and_the_contract_are_there_to_read(door):
    assert "text/html" in door.get("/docs").headers["content-type"]
    assert "/api/v1/portfolios" in door.get("/openapi.yaml").text


def test_a_token_in_the_query_is_no_token(door, me):
    assert door.get("/api/v1/auth/me", params={"access_token": me.token}).status_code in (400, 401)
