"""One body for the store of the use cases' tests and the real one."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest
from hypothesis import given

from services.portfolio.adapters.mandate_json import (
    decode_constraints,
    decode_strategy,
    encode_constraints,
    encode_strategy,
)
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.app.ports import Once, Place, Reach
from services.portfolio.domain.errors import PeerUnavailable, RequestIdReused
from services.portfolio.domain.mandate import Constraints, Goal, GroupLimit, Objective, WeightBounds
from services.portfolio.domain.strategy import Estimation, ExpectedReturn, Strategy
from tests.portfolio.builders import DAY, NOW, a_holding, a_portfolio, constraints, strategies
from tests.portfolio.fakes import MemoryPortfolios

FULL = Strategy(
    Goal(Objective.RISK, 0.02, min_return=1e-17),
    ("AAPL", "BRK.B"),
    "sp500",
    Estimation(ExpectedReturn.SHRUNK, lookback=252, half_life=0.1, end=DAY),
)
LIMITS = Constraints(
    0.9,
    1.0,
    WeightBounds(0.0, 0.3),
    {"AAPL": WeightBounds(-0.1, 0.1 + 0.2)},
    (GroupLimit("a", ("AAPL",), max=0.5),),
    0.0,
)
HELD = (
    a_holding("AAPL", "0.00000001", "-0.01", "-0.000001"),
    a_holding("BRK.B", "-999999999999.99999999", "9999999999999.99", "9999.999999"),
)


@pytest.fixture(params=["memory", "postgres"])
def portfolios(request):
    if request.param == "memory":
        return MemoryPortfolios()
    return PostgresPortfolios(*map(request.getfixturevalue, ("portfolio_pool", "portfolio_details")))


@pytest.fixture
def make(owner):
    def one(**changes):
        mine = {"id": str(uuid.uuid4()), "user_id": owner.user_id, "tenant_id": owner.tenant_id}
        return a_portfolio(**(mine | changes))

    return one


async def put(portfolios, *given):
    async with portfolios.transaction(Reach(given[0].user_id, given[0].tenant_id)) as transaction:
        for portfolio in given:
            await transaction.insert(portfolio)


async def test_what_was_inserted_is_read_back_whole(portfolios, make, owner):
    portfolio = make(strategy=FULL, constraints=LIMITS, name="Ünïcode “name”", cash=Decimal("-12.34"), initial_cash=0)
    await put(portfolios, portfolio)
    assert await portfolios.get(owner, portfolio.id) == portfolio


async def test_positions_are_written_by_symbol_and_the_old_ones_go(portfolios, make, owner):
    portfolio = make()
    await put(portfolios, portfolio)
    for held in (HELD[:1], HELD, HELD[1:], ()):
        later = replace(
            portfolio,
            cash=Decimal("1.23"),
            cash_weight=Decimal("0.5"),
            holdings=held,
            updated_at=NOW + timedelta(1),
            version=portfolio.version + 1,
        )
        async with portfolios.transaction(owner) as transaction:
            assert await transaction.lock(owner, portfolio.id) is not None
            await transaction.write_positions(later)
        assert await portfolios.get(owner, portfolio.id) == later


async def test_a_mandate_is_written_without_touching_positions(portfolios, make, owner):
    portfolio = make()
    await put(portfolios, portfolio)
    held = replace(portfolio, holdings=HELD, version=2)
    wanted = replace(held, name="Other", strategy=FULL, constraints=LIMITS, updated_at=NOW + timedelta(1), version=3)
    async with portfolios.transaction(owner) as transaction:
        await transaction.write_positions(held)
        await transaction.write_mandate(replace(wanted, cash=Decimal("7.00")))
    assert await portfolios.get(owner, portfolio.id) == wanted


async def test_another_user_or_tenant_reaches_nothing_and_everyone_s_reach_all(portfolios, make, owner):
    portfolio = make()
    await put(portfolios, portfolio)
    strangers = [Reach(str(uuid.uuid4()), owner.tenant_id), Reach(owner.user_id, str(uuid.uuid4()))]
    for stranger in strangers:
        assert await portfolios.get(stranger, portfolio.id) is None
        assert await portfolios.page(stranger, 10, None) == []
        async with portfolios.transaction(owner) as transaction:
            assert await transaction.lock(stranger, portfolio.id) is None
    assert await portfolios.get(replace(strangers[0], everyone=True), portfolio.id) == portfolio


async def test_a_page_goes_on_behind_a_place_newest_first_without_holdings(portfolios, make, owner):
    ids = sorted((str(uuid.uuid4()) for _ in range(5)), reverse=True)
    given = [make(id=name, created_at=NOW - timedelta(hours=i // 2)) for i, name in enumerate(ids)]
    await put(portfolios, *given)
    async with portfolios.transaction(owner) as transaction:
        await transaction.write_positions(replace(given[0], holdings=HELD))
    assert await portfolios.page(owner, 2, None) == given[:2]
    assert await portfolios.page(owner, 9, Place(given[1].created_at, given[1].id)) == given[2:]
    assert await portfolios.page(owner, 9, Place(given[2].created_at, given[2].id)) == given[3:]
    everyones = await portfolios.page(replace(owner, everyone=True), 1000, None)
    assert {portfolio.id for portfolio in given} <= {portfolio.id for portfolio in everyones}


async def test_whole_pages_are_of_ones_own_with_holdings_and_go_on_behind_a_place(portfolios, make, owner):
    given = [make(created_at=NOW - timedelta(hours=hour)) for hour in range(3)]
    await put(portfolios, *given)
    async with portfolios.transaction(owner) as transaction:
        await transaction.write_positions(replace(given[1], holdings=HELD))
    held = [given[0], await portfolios.get(owner, given[1].id), given[2]]
    assert held[1].holdings == HELD
    assert await portfolios.whole_page(owner, 2, None) == held[:2]
    assert await portfolios.whole_page(owner, 2, Place(given[1].created_at, given[1].id)) == held[2:]
    other = replace(owner, user_id=str(uuid.uuid4()), everyone=True)
    assert await portfolios.whole_page(other, 1000, None) == []


async def test_a_block_that_raises_leaves_nothing_behind(portfolios, make, owner):
    portfolio = make()
    call = once(owner)
    with pytest.raises(ZeroDivisionError):
        async with portfolios.transaction(owner) as transaction:
            assert await transaction.replayed(call) is None
            await transaction.insert(portfolio)
            await transaction.remember(call, b"answer")
            raise ZeroDivisionError
    assert await portfolios.get(owner, portfolio.id) is None
    assert await portfolios.answered(call) is None


async def test_a_deleted_portfolio_is_gone_with_its_holdings_and_not_counted(portfolios, make, owner):
    portfolio = make()
    before = await portfolios.count()
    await put(portfolios, portfolio)
    assert await portfolios.count() == before + 1
    async with portfolios.transaction(owner) as transaction:
        await transaction.write_positions(replace(portfolio, holdings=HELD))
        await transaction.delete(portfolio.id)
    assert await portfolios.get(owner, portfolio.id) is None
    assert await portfolios.count() == before


def once(owner, body=b"body", **changes):
    return Once(
        **({"request_id": "r", "method": "M", "user_id": owner.user_id, "tenant_id": owner.tenant_id} | changes),
        body=body,
    )


async def test_an_answer_is_remembered_for_its_caller_method_id_and_body(portfolios, owner):
    call = once(owner)
    async with portfolios.transaction(owner) as transaction:
        assert await transaction.replayed(call) is None
        await transaction.remember(call, b"\x00answer")
    assert await portfolios.answered(call) == b"\x00answer"
    others = [once(owner, request_id="s"), once(owner, method="N"), once(owner, user_id=str(uuid.uuid4()))]
    assert [await portfolios.answered(other) for other in others] == [None, None, None]
    async with portfolios.transaction(owner) as transaction:
        assert await transaction.replayed(call) == b"\x00answer"
    with pytest.raises(RequestIdReused):
        await portfolios.answered(once(owner, b"other"))
    with pytest.raises(RequestIdReused):
        async with portfolios.transaction(owner) as transaction:
            await transaction.replayed(once(owner, b"other"))


async def test_of_concurrent_twins_one_claims_and_the_others_get_its_answer(portfolios, owner):
    effects = []

    async def twin(number):
        async with portfolios.transaction(owner) as transaction:
            remembered = await transaction.replayed(once(owner))
            if remembered is not None:
                return remembered
            effects.append(number)
            await transaction.remember(once(owner), b"answer %d" % number)
            return b"answer %d" % number

    answers = await asyncio.gather(*(twin(i) for i in range(20)))
    assert len(effects) == 1
    assert set(answers) == {b"answer %d" % effects[0]}


async def test_a_writer_that_waited_for_the_lock_sees_what_the_other_wrote(portfolios, make, owner):
    portfolio = make()
    await put(portfolios, portfolio)
    waiting = None

    async def second():
        async with portfolios.transaction(owner) as transaction:
            return await transaction.lock(owner, portfolio.id)

    async with portfolios.transaction(owner) as transaction:
        await transaction.lock(owner, portfolio.id)
        waiting = asyncio.ensure_future(second())
        written = replace(portfolio, holdings=HELD, version=2)
        await transaction.write_positions(written)
        assert not waiting.done()
    assert await waiting == written


async def test_answers_older_than_a_day_are_forgotten_and_given_no_more(
    portfolio_pool, portfolio_rows, portfolio_details, owner
):
    portfolios = PostgresPortfolios(portfolio_pool, portfolio_details)
    old, new = once(owner), once(owner, request_id="new")
    async with portfolios.transaction(owner) as transaction:
        for call in (old, new):
            assert await transaction.replayed(call) is None
            await transaction.remember(call, b"answer")
    aged = "UPDATE requests SET created_at = now() - interval '25 hours' WHERE user_id = $1 AND request_id = 'r'"
    await portfolio_rows.execute(aged, owner.user_id)
    assert await portfolios.answered(old) is None
    assert await portfolios.forget() == 1
    assert await portfolios.answered(new) == b"answer"


async def test_while_postgresql_is_away_its_upkeep_says_so(portfolio_details):
    async with asyncpg.create_pool(connect=_refused, min_size=0) as away:
        portfolios = PostgresPortfolios(away, portfolio_details)
        for upkeep in (portfolios.count, portfolios.forget):
            with pytest.raises(PeerUnavailable, match="PostgreSQL"):
                await upkeep()


async def _refused(*args, **kwargs):
    raise ConnectionRefusedError


async def test_the_spec_s_indexes_exist_by_name(portfolio_pool):
    rows = await portfolio_pool.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = 'portfolio'")
    assert {
        "idx_portfolios_user_id",
        "idx_holdings_portfolio_id",
        "idx_performance_date",
        "idx_performance_portfolio_date",
        "idx_user_portfolios_created",
        "idx_holdings_symbol_weight",
    } <= {row["indexname"] for row in rows}


@given(strategies)
def test_a_strategy_survives_its_json(strategy):
    assert decode_strategy(encode_strategy(strategy)) == strategy


@given(constraints)
def test_constraints_survive_their_json(limits):
    assert decode_constraints(encode_constraints(limits)) == limits


async def test_mandates_survive_jsonb(portfolio_pool, owner):
    @given(strategies, constraints)
    def survive(strategy, limits):
        texts.append((strategy, encode_strategy(strategy), limits, encode_constraints(limits)))

    texts = []
    survive()
    columns = [[text[1] for text in texts], [text[3] for text in texts]]
    rows = await portfolio_pool.fetch(
        "SELECT a::jsonb::text, b::jsonb::text FROM unnest($1::text[], $2::text[]) t (a, b)", *columns
    )
    for (strategy, _, limits, _), (a, b) in zip(texts, rows, strict=True):
        assert decode_strategy(a) == strategy
        assert decode_constraints(b) == limits
