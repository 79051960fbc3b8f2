"""What the edge refuses: the documented status, the one JSON shape, the field or the fix named. Nothing INTERNAL."""

from uuid import uuid4

import httpx
import pytest

from tests.mesh.rest import DATASET, PASSWORD, SYMBOLS, User, conflicts_of, fields_of, refusal

pytestmark = pytest.mark.mesh

UNKNOWN = "0199aaaa-0000-7000-8000-000000000000"
UNIVERSE = {"universe": {"dataset": DATASET, "symbols": list(SYMBOLS), "estimation": {"lookback": 252}}}
CRAMPED = {"default_bounds": {"min": 0.0, "max": 0.1}}  # four assets reach 0.4 of 1


@pytest.fixture(scope="module")
def me(mesh) -> User:
    return User(mesh.edge_url, mesh.edge_address).register().import_prices()


@pytest.fixture(scope="module")
def stranger(mesh) -> User:
    return User(mesh.edge_url, mesh.edge_address).register()


@pytest.fixture(scope="module")
def door(mesh) -> httpx.Client:
    with httpx.Client(base_url=mesh.edge_url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def portfolio(me) -> dict:
    return me.new_portfolio()


@pytest.mark.parametrize("body", ["{", '{"name": }', "[1, 2]", '{"initial_cash": "ten"}', '{"name": {"a": 1}}'])
def test_bad_json_is_malformed(me, body):
    answer = me.rest.post("/api/v1/portfolios", content=body, headers={"content-type": "application/json"})
    refusal(answer, 400, "REQUEST_MALFORMED", "gateway.qpo")


def test_an_unknown_id_is_not_found(me):
    refusal(me.rest.get(f"/api/v1/portfolios/{UNKNOWN}"), 404, "PORTFOLIO_NOT_FOUND", "portfolio.qpo")
    refusal(me.rest.get(f"/api/v1/optimize/{UNKNOWN}/result"), 404, "JOB_NOT_FOUND", "optimizer.qpo")
    refusal(me.rest.get("/api/v1/datasets/nothing/bars"), 404, "DATASET_NOT_FOUND", "marketdata.qpo")
    refusal(me.rest.get(f"/api/v1/replays/{UNKNOWN}"), 404, "REPLAY_NOT_FOUND", "marketdata.qpo")


def test_an_id_that_is_none_names_its_field(me):
    body = refusal(me.rest.get("/api/v1/portfolios/seven"), 400, "INVALID_REQUEST", "portfolio.qpo")
    assert "portfolio_id" in fields_of(body)


@pytest.mark.parametrize("token", [None, "rubbish", "a.b.c"])
def test_without_a_good_token_nothing_is_served(door, token):
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    refusal(door.get("/api/v1/portfolios", headers=headers), 401, "TOKEN_REFUSED", "gateway.qpo")


def test_a_token_that_was_altered_is_refused(door, me):
    head, claims, signature = me.token.split(".")
    forged = ".".join((head, claims, signature[::-1]))
    answer = door.get("/api/v1/portfolios", headers={"authorization": f"Bearer {forged}"})
    refusal(answer, 401, "TOKEN_REFUSED", "gateway.qpo")


@pytest.mark.parametrize(
    ("verb", "rest"),
    [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/holdings"), ("POST", "/rebalance")],
)
def test_anothers_portfolio_is_answered_as_one_that_does_not_exist(stranger, portfolio, verb, rest):
    content = {"json": {"name": "taken over"}} if verb in ("PUT", "PATCH") else {}
    content = {"json": {}} if verb == "POST" else content
    theirs = stranger.rest.request(verb, f"/api/v1/portfolios/{portfolio['id']}{rest}", **content)
    nobodys = stranger.rest.request(verb, f"/api/v1/portfolios/{UNKNOWN}{rest}", **content)
    refusal(theirs, 404, "PORTFOLIO_NOT_FOUND", "portfolio.qpo")
    assert theirs.text.replace(portfolio["id"], UNKNOWN) == nobodys.text


def test_anothers_job_and_dataset_are_answered_as_if_they_did_not_exist(me, stranger):
    job = me.new_job()["job_id"]
    for rest in ("status", "result"):
        refusal(stranger.rest.get(f"/api/v1/optimize/{job}/{rest}"), 404, "JOB_NOT_FOUND", "optimizer.qpo")
    answer = stranger.rest.post(f"/api/v1/optimize/{job}/cancel", json={})
    refusal(answer, 404, "JOB_NOT_FOUND", "optimizer.qpo")
    datasets = me.rest.get("/api/v1/datasets").json()["datasets"]
    theirs = next(dataset["id"] for dataset in datasets if dataset["name"] == DATASET)
    refusal(stranger.rest.get(f"/api/v1/datasets/{theirs}/bars"), 404, "DATASET_NOT_FOUND", "marketdata.qpo")


def test_a_portfolio_of_another_cannot_be_optimized(stranger, portfolio):
    answer = stranger.rest.post("/api/v1/optimize", json={"portfolio_id": portfolio["id"]})
    refusal(answer, 404, "PORTFOLIO_NOT_FOUND", "optimizer.qpo")


def test_infeasible_bounds_name_what_would_have_to_give(me):
    answer = me.rest.post("/api/v1/solve", json={"source": UNIVERSE, "constraints": CRAMPED})
    conflicts = conflicts_of(refusal(answer, 400, "INFEASIBLE", "optimizer.qpo"))
    assert conflicts
    assert all(conflicts.values())


def test_an_infeasible_job_fails_and_its_result_says_why(me):
    job = me.new_job(constraints=CRAMPED)
    assert job["job"]["state"] == "JOB_STATE_FAILED"
    answer = me.rest.get(f"/api/v1/optimize/{job['job_id']}/result")
    body = refusal(answer, 400, "INFEASIBLE", "optimizer.qpo")
    assert conflicts_of(body)
    assert job["job"]["error"]["message"] == body["message"]


def test_a_portfolio_that_cannot_be_satisfied_is_not_rebalanced(me):
    made = me.new_portfolio(constraints=CRAMPED)
    answer = me.rest.post(f"/api/v1/portfolios/{made['id']}/rebalance", json={})
    assert conflicts_of(refusal(answer, 400, "INFEASIBLE", "portfolio.qpo"))
    assert me.rest.get(f"/api/v1/portfolios/{made['id']}").json()["portfolio"]["etag"] == made["etag"]


def test_bounds_that_cross_name_their_field(me):
    crossed = {"bounds": {"AAPL": {"min": 0.5, "max": 0.2}}}
    answer = me.rest.post("/api/v1/solve", json={"source": UNIVERSE, "constraints": crossed})
    fields = fields_of(refusal(answer, 400, "INVALID_REQUEST", "optimizer.qpo"))
    assert "lower min or raise max" in next(mend for field, mend in fields.items() if "AAPL" in field)


@pytest.mark.parametrize("weight", ["NaN", "Infinity"])
@pytest.mark.parametrize("path", ["/api/v1/solve", "/api/v1/optimize"])
def test_weights_that_are_no_numbers_name_their_asset(me, path, weight):
    problem = {"source": UNIVERSE} if path.endswith("solve") else {"universe": list(SYMBOLS), "dataset": DATASET}
    answer = me.rest.post(path, json={**problem, "current_weights": {"AAPL": weight}})
    fields = fields_of(refusal(answer, 400, "INVALID_REQUEST", "optimizer.qpo"))
    assert any("current_weights" in field and "AAPL" in field for field in fields)


def test_money_that_is_no_number_names_its_field(me):
    answer = me.rest.post("/api/v1/portfolios", json={"name": "x", "initial_cash": {"value": "NaN"}})
    assert "initial_cash.value" in fields_of(refusal(answer, 400, "INVALID_REQUEST", "portfolio.qpo"))


def test_a_body_of_five_megabytes_is_too_large(me):
    answer = me.rest.post("/api/v1/portfolios", json={"name": "x" * 5_000_000})
    body = refusal(answer, 413, "BODY_TOO_LARGE", "gateway.qpo")
    assert "1 MiB" in body["message"]


def test_an_unknown_query_parameter_is_refused_by_name(me):
    answer = me.rest.get("/api/v1/portfolios", params={"page_sise": 5})
    assert "page_sise" in refusal(answer, 400, "REQUEST_MALFORMED", "gateway.qpo")["message"]


def test_a_path_that_no_contract_names_is_not_found(me):
    refusal(me.rest.get("/api/v1/portfolioz"), 404, "NOTHING_HERE", "gateway.qpo")
    refusal(me.rest.delete("/api/v1/portfolios"), 404, "NOTHING_HERE", "gateway.qpo")


def test_an_old_etag_changes_nothing(me, portfolio):
    path = f"/api/v1/portfolios/{portfolio['id']}"
    me.rest.patch(path, json={"name": "newer"})
    old = portfolio["etag"]
    answers = [
        me.rest.put(path, json={"name": "older", "etag": old}),
        me.rest.patch(path, json={"name": "older", "etag": old}),
        me.rest.post(f"{path}/rebalance", json={"etag": old}),
        me.rest.delete(path, params={"etag": old}),
    ]
    for answer in answers:
        refusal(answer, 409, "ETAG_MISMATCH", "portfolio.qpo")
    assert me.rest.get(path).json()["portfolio"]["name"] == "newer"


def test_a_repeated_request_gets_the_first_answer_again(me):
    body = {"name": "Once", "request_id": str(uuid4())}
    first, again = (me.rest.post("/api/v1/portfolios", json=body) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    listed = me.rest.get("/api/v1/portfolios", params={"page_size": 1000}).json()["portfolios"]
    assert [it["id"] for it in listed].count(first.json()["portfolio"]["id"]) == 1


def test_a_request_id_with_another_body_is_refused(me):
    request_id = str(uuid4())
    me.rest.post("/api/v1/portfolios", json={"name": "One", "request_id": request_id})
    answer = me.rest.post("/api/v1/portfolios", json={"name": "Two", "request_id": request_id})
    refusal(answer, 409, "REQUEST_ID_REUSED", "portfolio.qpo")


def test_a_repeated_job_is_the_same_job(me):
    request_id = str(uuid4())
    first, again = (me.new_job(request_id=request_id)["job_id"] for _ in range(2))
    assert first == again
    other = {"universe": ["AAPL"], "dataset": DATASET, "request_id": request_id}
    refusal(me.rest.post("/api/v1/optimize", json=other), 409, "REQUEST_ID_REUSED", "optimizer.qpo")


def test_a_result_that_is_not_there_yet_says_when_to_ask_again(me):
    """A job asked for right after it was submitted has rarely ended; one of fifty is enough."""
    for _ in range(50):
        job = me.new_job(wait_ms=0)["job_id"]
        answer = me.rest.get(f"/api/v1/optimize/{job}/result")
        if answer.status_code != 200:
            break
    body = refusal(answer, 409, "NOT_FINISHED", "optimizer.qpo")
    assert any(detail["@type"].endswith("google.rpc.RetryInfo") for detail in body["details"])


def test_a_missing_scope_is_named(me):
    answer = me.rest.put(f"/api/v1/users/{me.user_id}/role", json={"role": "ROLE_ADMIN"})
    body = refusal(answer, 403, "SCOPE_MISSING", "auth.qpo")
    assert body["details"][0]["metadata"]["scope"] == "admin:users"


def test_a_page_token_of_ones_own_making_is_refused(me):
    answer = me.rest.get("/api/v1/portfolios", params={"page_token": "bm8"})
    refusal(answer, 400, "PAGE_TOKEN_INVALID", "portfolio.qpo")


def test_a_mask_names_only_what_may_be_changed(me, portfolio):
    path = f"/api/v1/portfolios/{portfolio['id']}"
    answer = me.rest.patch(path, params={"update_mask": "user_id"}, json={"user_id": UNKNOWN})
    refusal(answer, 400, "FIELD_NOT_MUTABLE", "portfolio.qpo")


def test_the_door_refuses_in_the_same_shape(door, me):
    register, login, refresh = (f"/api/v1/auth/{verb}" for verb in ("register", "login", "refresh"))
    taken = door.post(register, json={"email": me.email, "password": PASSWORD})
    refusal(taken, 409, "EMAIL_TAKEN", "auth.qpo")
    short = door.post(register, json={"email": "new@example.com", "password": "short"})
    assert "password" in fields_of(refusal(short, 400, "INVALID_REQUEST", "auth.qpo"))
    wrong = door.post(login, json={"email": me.email, "password": "wrong"})
    refusal(wrong, 401, "BAD_CREDENTIALS", "auth.qpo")
    spent = door.post(refresh, json={"refresh_token": "never-given"})
    refusal(spent, 401, "REFRESH_TOKEN_INVALID", "auth.qpo")


def test_a_role_cannot_be_registered_for(door):
    body = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "role": "ROLE_ADMIN", "roles": ["ROLE_ADMIN"]}
    answer = door.post("/api/v1/auth/register", json=body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json()["user"]["roles"] == ["ROLE_USER"]


def test_the_first_administrator_is_not_made_at_the_edge(door):
    path = "/qpo.auth.v1.AuthService/BootstrapAdmin"
    assert door.post(path, content=b"", headers={"content-type": "application/grpc"}).headers.get("grpc-status") != "0"
