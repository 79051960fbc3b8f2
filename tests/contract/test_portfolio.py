"""qpo.portfolio.v1 over a real server, PostgreSQL and stand-ins of its peers: success, and every refusal."""

import asyncio

import grpc
import pytest
from qpo.types.v1 import costs_pb2, mandate_pb2

from tests.portfolio.answers import reason, refusal
from tests.portfolio.served import UNIVERSE, request_id

NOBODY_S = "01987f6c-0000-7000-8000-0000000000ff"
APPLE = {"universe": ["AAPL"], "dataset": "sp500"}
UPSIDE_DOWN = {"name": "drinks", "symbols": ["KO"], "min": 1, "max": 0}


@pytest.fixture
def alice(portfolio_user):
    return portfolio_user()


@pytest.fixture
def admin(portfolio_user):
    return portfolio_user("read:all", "write:all")


async def test_a_created_portfolio_is_got_as_it_was_answered(alice):
    goal = {"objective": "OBJECTIVE_RISK", "risk_free_rate": 0.02, "min_return": 0.1}
    limits = {
        "max_turnover": 0.0,
        "bounds": {"AAPL": {"min": 0.1, "max": 0.4}},
        "groups": [{"name": "x", "symbols": ["XOM"]}],
    }
    strategy = {"goal": goal, "universe": UNIVERSE, "dataset": "sp500", "estimation": {"lookback": 252}}
    made = await alice.made(strategy=strategy, constraints=limits)
    got = (await alice("GetPortfolio", portfolio_id=made.id)).portfolio
    assert got == made
    assert (got.name, got.cash.value, got.cash_weight.value, got.base_currency) == (
        "Core",
        "100000.00",
        "1.000000",
        "USD",
    )
    assert (got.strategy.goal.min_return, got.constraints.max_turnover) == (0.1, 0.0)
    assert got.constraints.bounds["AAPL"].max == 0.4
    assert not got.strategy.goal.HasField("max_volatility")


async def test_every_limit_and_cost_of_a_created_portfolio_is_read_back(alice):
    limits = {
        "max_gross": 1.5,
        "benchmark": {"AAPL": 0.5, "XOM": 0.5},
        "active_bounds": {"min": -0.05, "max": 0.05},
        "max_tracking_error": 0.03,
        "max_cvar": {"max": 0.02, "confidence": 0.99},
        "rows": [{"name": "tilt", "coefficients": {"AAPL": 1, "XOM": -1}, "max": 0.2}],
        "factors": [{"factor": 1, "min": -0.1}],
        "classes": [
            {"attribute": "sector", "limits": {"oil": {"max": 0.3}, "IT & media": {}}, "max_each": 0.4},
            {"attribute": "theme", "members": {"XOM": "old", "AAPL": "new"}, "limits": {"new": {"min": 0.0}}},
        ],
    }
    goal = {"objective": "OBJECTIVE_ACTIVE_UTILITY", "risk_aversion": 4}
    costs = {"commission": 0.0001, "half_spreads": {"XOM": 0.0004}, "borrow": 0.01, "horizon_years": 0.5}
    strategy = {"goal": goal, "universe": UNIVERSE, "dataset": "sp500", "costs": costs}
    made = await alice.made(strategy=strategy, constraints=limits)
    got = (await alice("GetPortfolio", portfolio_id=made.id)).portfolio
    assert got == made
    assert got.constraints == mandate_pb2.Constraints(**limits)
    assert got.strategy.costs == costs_pb2.Costs(**costs)
    assert got.strategy.goal.objective == mandate_pb2.OBJECTIVE_ACTIVE_UTILITY


async def test_a_repeated_create_is_answered_byte_by_byte_as_the_first(alice):
    call = {"name": "x", "constraints": {"bounds": {s: {"max": 1} for s in UNIVERSE}}, "request_id": request_id()}
    first, again = await alice.raw("CreatePortfolio", **call), await alice.raw("CreatePortfolio", **call)
    assert first == again
    assert len((await alice("ListPortfolios")).portfolios) == 1
    other = await refusal(alice("CreatePortfolio", **(call | {"name": "y"})))
    assert (other.code, other.reason, other.fields) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED", ["request_id"])


async def test_of_20_concurrent_creates_with_one_request_id_one_creates(alice):
    call = {"name": "x", "request_id": request_id()}
    answers = await asyncio.gather(*(alice("CreatePortfolio", **call) for _ in range(20)))
    assert len({answer.portfolio.id for answer in answers}) == 1
    assert len((await alice("ListPortfolios")).portfolios) == 1


async def test_two_users_may_use_one_request_id(alice, portfolio_user):
    call = {"name": "x", "request_id": request_id()}
    answers = [await user("CreatePortfolio", **call) for user in (alice, portfolio_user())]
    assert answers[0].portfolio.id != answers[1].portfolio.id


async def test_a_check_alone_creates_nothing(alice):
    shown = await alice.made(validate_only=True, request_id=request_id())
    assert (shown.id, shown.name) == ("", "Core")
    assert not (await alice("ListPortfolios")).portfolios


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"base_currency": "EUR"}, "base_currency"),
        ({"initial_cash": {"value": "NaN"}}, "initial_cash.value"),
        ({"initial_cash": {"value": "0.001"}}, "initial_cash"),
        ({"initial_cash": {"value": "-1"}}, "initial_cash"),
        ({"initial_cash": {"value": "10000000000000.00"}}, "initial_cash"),
        ({"request_id": "mine"}, "request_id"),
        ({"strategy": {"dataset": "Bad name"}}, "strategy.dataset"),
        ({"strategy": {"universe": ["A", "A"]}}, "strategy.universe"),
        ({"strategy": {"goal": {"risk_free_rate": float("nan")}}}, "strategy.goal.risk_free_rate"),
        ({"strategy": {"estimation": {"end": {"year": 2022}}}}, "strategy.estimation.end"),
        ({"constraints": {"default_bounds": {"min": float("inf")}}}, "constraints.default_bounds.min"),
        ({"constraints": {"min_budget": 0.9, "max_budget": 0.5}}, "constraints.min_budget"),
        ({"constraints": {"groups": [UPSIDE_DOWN]}}, "constraints.groups[0].min"),
        ({"strategy": APPLE, "constraints": {"bounds": {"KO": {"max": 1}}}}, 'constraints.bounds["KO"]'),
        ({"strategy": APPLE, "constraints": {"groups": [UPSIDE_DOWN]}}, "constraints.groups[0].symbols[0]"),
    ],
)
async def test_what_does_not_fit_is_refused_by_field(alice, fields, path):
    answer = await refusal(alice("CreatePortfolio", **({"name": "x"} | fields)))
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert path in answer.fields


async def test_pages_lead_through_the_caller_s_portfolios_newest_first(alice, portfolio_user):
    await portfolio_user().made()
    made = [(await alice.made(name=f"n{i}")).id for i in range(5)]
    seen, token = [], ""
    while True:
        page = await alice("ListPortfolios", page_size=2, page_token=token)
        seen += [portfolio.id for portfolio in page.portfolios]
        token = page.next_page_token
        if not token:
            break
    assert seen == made[::-1]


async def test_a_page_token_of_another_s_or_of_nobody_s_making_is_refused(alice, portfolio_user):
    for _ in range(2):
        await alice.made()
    token = (await alice("ListPortfolios", page_size=1)).next_page_token
    for user, tried in ((portfolio_user(), token), (alice, token[:-2] + "AA"), (alice, "nonsense")):
        assert await reason(user("ListPortfolios", page_token=tried)) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")


async def test_another_s_portfolio_is_answered_as_one_that_does_not_exist(alice, portfolio_user):
    made, bob = await alice.made(), portfolio_user()
    body = {"portfolio": {"name": "x"}}
    for method, fields in (
        ("GetPortfolio", {}),
        ("ListHoldings", {}),
        ("ReplacePortfolio", body),
        ("UpdatePortfolio", body),
        ("DeletePortfolio", {}),
        ("RebalancePortfolio", {}),
    ):
        anothers = await refusal(bob(method, portfolio_id=made.id, **fields))
        nobodys = await refusal(bob(method, portfolio_id=NOBODY_S, **fields))
        assert (anothers.code, anothers.reason) == ("NOT_FOUND", "PORTFOLIO_NOT_FOUND"), method
        nobodys.message = nobodys.message.replace(NOBODY_S, made.id)
        assert anothers == nobodys
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio == made


async def test_who_reads_and_writes_all_does(alice, admin):
    made = await alice.made()
    assert (await admin("GetPortfolio", portfolio_id=made.id)).portfolio == made
    assert made.id in {p.id for p in (await admin("ListPortfolios", page_size=1000)).portfolios}
    after = await admin("UpdatePortfolio", portfolio_id=made.id, portfolio={"name": "Seen"})
    assert after.portfolio.user_id == made.user_id


async def test_a_replacement_sets_everything_that_may_be_changed(alice):
    made = await alice.made(constraints={"max_turnover": 0.5})
    wanted = {"name": "Other", "cash": {"value": "5"}, "id": NOBODY_S, "etag": made.etag}
    after = (await alice("ReplacePortfolio", portfolio_id=made.id, portfolio=wanted)).portfolio
    assert (after.id, after.name, after.cash, list(after.strategy.universe)) == (made.id, "Other", made.cash, [])
    assert not after.constraints.HasField("max_turnover")
    assert after.etag != made.etag
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio == after
    nameless = await refusal(alice("ReplacePortfolio", portfolio_id=made.id, portfolio={}))
    assert (nameless.reason, nameless.fields) == ("INVALID_REQUEST", ["portfolio.name"])


async def test_an_update_sets_what_the_mask_names(alice):
    made = await alice.made()
    wanted = {"name": "no", "strategy": {"goal": {"risk_free_rate": 0.03}}, "constraints": {"max_turnover": 0.2}}
    mask = {"paths": ["strategy.goal.risk_free_rate", "constraints.max_turnover"]}
    after = (await alice("UpdatePortfolio", portfolio_id=made.id, portfolio=wanted, update_mask=mask)).portfolio
    assert (after.name, list(after.strategy.universe)) == ("Core", UNIVERSE)
    assert (after.strategy.goal.risk_free_rate, after.constraints.max_turnover) == (0.03, 0.2)


async def test_an_update_without_a_mask_sets_what_the_request_sets(alice):
    made = await alice.made()
    after = (
        await alice("UpdatePortfolio", portfolio_id=made.id, portfolio={"constraints": {"min_budget": 0.5}})
    ).portfolio
    assert (after.name, after.strategy, after.constraints.min_budget) == (made.name, made.strategy, 0.5)


@pytest.mark.parametrize("path", ["*", "cash", "etag", "nonsense", "strategy.nonsense", "constraints.bounds.AAPL"])
async def test_a_mask_of_what_can_t_be_updated_is_refused_naming_the_path(alice, path):
    made = await alice.made()
    call = alice(
        "UpdatePortfolio", portfolio_id=made.id, portfolio={"name": "x"}, update_mask={"paths": ["name", path]}
    )
    answer = await refusal(call)
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "FIELD_NOT_MUTABLE")
    assert (answer.metadata["path"], answer.fields) == (path, ["update_mask"])


async def test_a_repeated_change_or_deletion_is_answered_as_the_first_and_done_once(alice):
    made = await alice.made()
    change = {"portfolio_id": made.id, "portfolio": {"name": "Renamed", "etag": made.etag}}
    for method, fields in (
        ("ReplacePortfolio", change),
        ("UpdatePortfolio", {**change, "portfolio": {"name": "Again"}}),
        ("DeletePortfolio", {"portfolio_id": made.id}),
    ):
        call = fields | {"request_id": request_id()}
        first = await alice.raw(method, **call)
        assert await alice.raw(method, **call) == first
        body = {"etag": "7"} if method == "DeletePortfolio" else {"portfolio": {"name": "Other"}}
        other = await refusal(alice(method, **(call | body)))
        assert (other.code, other.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    assert (await refusal(alice("DeletePortfolio", portfolio_id=made.id))).reason == "PORTFOLIO_NOT_FOUND"


async def test_an_old_etag_changes_and_deletes_nothing(alice):
    made = await alice.made()
    after = (
        await alice("UpdatePortfolio", portfolio_id=made.id, portfolio={"name": "Other", "etag": made.etag})
    ).portfolio
    old = {"portfolio": {"name": "x", "etag": made.etag}}
    for method, fields in (
        ("ReplacePortfolio", old),
        ("UpdatePortfolio", old),
        ("DeletePortfolio", {"etag": made.etag}),
        ("RebalancePortfolio", {"etag": made.etag}),
    ):
        assert await reason(alice(method, portfolio_id=made.id, **fields)) == ("ABORTED", "ETAG_MISMATCH")
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio == after


async def test_of_concurrent_updates_with_one_etag_one_wins(alice):
    made = await alice.made()

    async def update(i):
        wanted = {"name": f"n{i}", "etag": made.etag}
        return (await alice("UpdatePortfolio", portfolio_id=made.id, portfolio=wanted)).portfolio.name

    results = await asyncio.gather(*map(update, range(10)), return_exceptions=True)
    [winner] = [result for result in results if isinstance(result, str)]
    assert {result.code() for result in results if result != winner} == {grpc.StatusCode.ABORTED}
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio.name == winner


async def test_a_deleted_portfolio_is_gone_with_its_holdings(alice, portfolio_rows):
    made = await alice.made()
    after = (await alice("RebalancePortfolio", portfolio_id=made.id)).portfolio
    await alice("DeletePortfolio", portfolio_id=made.id, etag=after.etag)
    gone = ("NOT_FOUND", "PORTFOLIO_NOT_FOUND")
    assert await reason(alice("GetPortfolio", portfolio_id=made.id)) == gone
    assert await reason(alice("DeletePortfolio", portfolio_id=made.id)) == gone
    assert await portfolio_rows.fetchval("SELECT count(*) FROM holdings WHERE portfolio_id = $1", made.id) == 0


async def test_who_writes_all_changes_another_s_portfolio_once_however_often_it_is_asked(alice, admin):
    made = await alice.made()
    change = {"portfolio_id": made.id, "portfolio": {"name": "Renamed"}, "request_id": request_id()}
    first = await admin.raw("UpdatePortfolio", **change)
    assert await admin.raw("UpdatePortfolio", **change) == first
    got = (await alice("GetPortfolio", portfolio_id=made.id)).portfolio
    assert (got.name, got.user_id, got.etag) == ("Renamed", made.user_id, "2")
