"""Rebalances and valued holdings of qpo.portfolio.v1 over a real server, PostgreSQL and stand-ins of its peers."""

import asyncio
from decimal import Decimal

import grpc
import pytest

from services.portfolio.wire.dates import to_date
from tests.portfolio.answers import reason, refusal
from tests.portfolio.served import EARLIER, LAST, UNIVERSE, Client, request_id
from tests.portfolio.standins import refused


@pytest.fixture
def alice(portfolio_user):
    return portfolio_user()


def total_weight(portfolio):
    return sum((Decimal(h.weight.value) for h in portfolio.holdings), Decimal(portfolio.cash_weight.value))


async def test_a_rebalance_buys_the_optimum_and_accounts_for_every_cent(alice, portfolio_peers):
    made = await alice.made()
    answer = await alice("RebalancePortfolio", portfolio_id=made.id)
    after = answer.portfolio
    assert [(h.symbol, h.quantity.value, h.value.value, h.weight.value) for h in after.holdings] == [
        ("AAPL", "400.00000000", "50000.00", "0.500000"),
        ("MSFT", "120.00000000", "30000.00", "0.300000"),
    ]
    assert (after.cash.value, after.cash_weight.value, total_weight(after)) == ("20000.00", "0.200000", 1)
    assert [(t.symbol, t.quantity.value, t.price, t.value.value) for t in answer.trades] == [
        ("AAPL", "400.00000000", 125.0, "50000.00"),
        ("MSFT", "120.00000000", 250.0, "30000.00"),
    ]
    assert (answer.nav.value, answer.price_date, answer.validate_only) == ("100000.00", to_date(LAST), False)
    assert (answer.expected_return, answer.volatility, answer.sharpe_ratio) == (0.12, 0.2, 0.6)
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio == after
    assert {token for peer in portfolio_peers[:2] for token in peer.tokens} == {dict(alice.metadata)["authorization"]}


async def test_a_second_rebalance_starts_from_what_is_held(alice, portfolio_peers):
    made = await alice.made()
    await alice("RebalancePortfolio", portfolio_id=made.id, as_of=to_date(EARLIER))
    portfolio_peers[1].weights = {"XOM": 1.0}
    answer = await alice("RebalancePortfolio", portfolio_id=made.id)
    # 500 AAPL and 150 MSFT rose by a quarter.
    assert dict(portfolio_peers[1].requests[-1].current_weights) == {"AAPL": 62500 / 120000, "MSFT": 37500 / 120000}
    assert portfolio_peers[1].requests[0].source.universe.estimation.end == to_date(EARLIER)
    assert answer.nav.value == "120000.00"
    assert [(t.symbol, t.value.value) for t in answer.trades] == [
        ("AAPL", "-62500.00"),
        ("MSFT", "-37500.00"),
        ("XOM", "120000.00"),
    ]


async def test_a_rebalance_that_only_computes_writes_nothing(alice):
    made = await alice.made()
    answer = await alice("RebalancePortfolio", portfolio_id=made.id, validate_only=True)
    assert answer.validate_only
    assert len(answer.portfolio.holdings) == 2
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio == made


async def test_a_repeated_rebalance_is_answered_as_the_first_and_solved_once(alice, portfolio_peers):
    made = await alice.made()
    call = {"portfolio_id": made.id, "etag": made.etag, "request_id": request_id()}
    first = await alice("RebalancePortfolio", **call)
    assert await alice("RebalancePortfolio", **call) == first
    assert len(portfolio_peers[1].requests) == 1
    other = alice("RebalancePortfolio", **(call | {"etag": ""}))
    assert await reason(other) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")


async def test_of_concurrent_rebalances_one_is_written(alice):
    made = await alice.made()
    calls = [alice("RebalancePortfolio", portfolio_id=made.id) for _ in range(5)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    etags = {result.portfolio.etag for result in results if not isinstance(result, Exception)}
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio.etag == max(etags, key=int)
    lost = [result for result in results if isinstance(result, Exception)]
    assert {error.code() for error in lost} <= {grpc.StatusCode.ABORTED}
    assert len(etags) == 5 - len(lost)


async def test_a_portfolio_that_changes_during_a_rebalance_is_left_alone(alice, portfolio_peers):
    made = await alice.made()

    async def meanwhile():
        await alice("UpdatePortfolio", portfolio_id=made.id, portfolio={"name": "Other"})

    portfolio_peers[1].meanwhile = meanwhile
    assert await reason(alice("RebalancePortfolio", portfolio_id=made.id)) == ("ABORTED", "ETAG_MISMATCH")
    assert not (await alice("GetPortfolio", portfolio_id=made.id)).portfolio.holdings


async def test_infeasible_constraints_are_named(alice, portfolio_peers):
    made = await alice.made()
    conflict = ("constraint", "groups[0].min", "would have to fall by 0.1")
    portfolio_peers[1].refusal = refused(
        grpc.StatusCode.FAILED_PRECONDITION, "INFEASIBLE", "no weights", conflicts=[conflict]
    )
    answer = await refusal(alice("RebalancePortfolio", portfolio_id=made.id))
    assert (answer.code, answer.reason, answer.message) == ("FAILED_PRECONDITION", "INFEASIBLE", "no weights")
    assert answer.conflicts == [conflict]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"strategy": {"dataset": "sp500"}}, "strategy.universe"),
        ({"strategy": {"universe": UNIVERSE}}, "strategy.dataset"),
        ({"strategy": {"universe": UNIVERSE, "dataset": "other"}}, "there is no dataset other"),
        ({"strategy": {"universe": ["KO"], "dataset": "sp500"}}, "KO"),
        ({"initial_cash": {"value": "0"}}, "nothing to invest"),
    ],
)
async def test_what_can_t_be_rebalanced_says_why(alice, fields, text):
    made = await alice.made(**fields)
    answer = await refusal(alice("RebalancePortfolio", portfolio_id=made.id))
    assert (answer.code, answer.reason) == ("FAILED_PRECONDITION", "NOT_REBALANCEABLE")
    assert text in answer.message


async def test_a_date_that_is_none_is_refused_by_field(alice):
    made = await alice.made()
    for method in ("RebalancePortfolio", "ListHoldings"):
        answer = await refusal(alice(method, portfolio_id=made.id, as_of={"year": 2022, "month": 2, "day": 30}))
        assert (answer.reason, answer.fields) == ("INVALID_REQUEST", ["as_of"])


async def test_holdings_have_the_values_of_the_rebalance_or_of_a_date(alice):
    made = await alice.made()
    await alice("RebalancePortfolio", portfolio_id=made.id)
    stored = await alice("ListHoldings", portfolio_id=made.id)
    assert (stored.nav.value, stored.cash.value, stored.holdings[0].price_date) == (
        "100000.00",
        "20000.00",
        to_date(LAST),
    )
    then = await alice("ListHoldings", portfolio_id=made.id, as_of=to_date(EARLIER))
    assert [holding.value.value for holding in then.holdings] == ["40000.00", "24000.00"]
    assert (then.nav.value, then.holdings[0].price_date, total_weight(then)) == ("84000.00", to_date(EARLIER), 1)
    before = await refusal(alice("ListHoldings", portfolio_id=made.id, as_of={"year": 2000, "month": 1, "day": 3}))
    assert (before.code, before.reason) == ("FAILED_PRECONDITION", "NOT_PRICED")
    assert "AAPL, MSFT" in before.message


async def test_a_peer_that_does_not_answer_is_named_and_costs_nothing(alice, portfolio_peers):
    made = await alice.made()
    for peer, name in zip(portfolio_peers[:2], ("marketdata", "optimizer"), strict=True):
        peer.refusal = refused(grpc.StatusCode.UNAVAILABLE)
        answer = await refusal(alice("RebalancePortfolio", portfolio_id=made.id))
        assert (answer.code, answer.reason, answer.metadata) == ("UNAVAILABLE", "PEER_UNAVAILABLE", {"peer": name})
        peer.refusal = None
    assert (await alice("GetPortfolio", portfolio_id=made.id)).portfolio == made


async def test_a_token_is_needed_and_its_scope_here_and_at_the_peers(portfolio_user, portfolio_peers):
    assert await reason(Client(portfolio_user().channel, None)("ListPortfolios")) == (
        "UNAUTHENTICATED",
        "UNAUTHENTICATED",
    )
    reader = portfolio_user(scopes=("read:portfolio",))
    answer = await refusal(reader.made())
    assert (answer.code, answer.reason, answer.metadata) == (
        "PERMISSION_DENIED",
        "SCOPE_MISSING",
        {"scope": "write:portfolio"},
    )
    alice = portfolio_user()
    made, scope = await alice.made(), {"scope": "run:optimization"}
    portfolio_peers[1].refusal = refused(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", metadata=scope)
    answer = await refusal(alice("RebalancePortfolio", portfolio_id=made.id))
    assert (answer.code, answer.reason, answer.metadata) == ("PERMISSION_DENIED", "SCOPE_MISSING", scope)
