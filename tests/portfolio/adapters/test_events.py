"""What is told of portfolios: in the transaction of the change, and enough of it to give the rows again."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from qpo.auth.v1 import events_pb2 as auth_pb
from qpo.portfolio.v1 import events_pb2 as pb

from chassis.bus import Message
from chassis.context import bound
from chassis.errors import Unauthenticated
from chassis.ids import Uuid7Ids
from chassis.principal import Principal
from chassis.reach import SYSTEM, enter
from services.portfolio.adapters.events_outbox import event_of
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.adapters.user_events import users
from services.portfolio.app.create_portfolio import CreatePortfolio
from services.portfolio.app.delete_portfolio import DeletePortfolio
from services.portfolio.app.forget_user import ForgetUser
from services.portfolio.domain.events import Created, Deleted, Modified, Rebalanced
from services.portfolio.domain.portfolio import Draft
from services.portfolio.domain.rebalance import rebalanced
from services.portfolio.domain.valuation import Close, valued
from services.portfolio.wire.portfolio import to_portfolio
from tests.portfolio.builders import DAY, NOW, PLAIN, a_holding, a_portfolio
from tests.portfolio.fakes import TickingClock

KEYS = "SELECT count(*) FROM tenant_keys WHERE tenant_id = $1"
HELD = a_portfolio(version=7, holdings=(a_holding("AAPL", "1.5"),))


@pytest.fixture
def heard():
    return []


@pytest.fixture
def portfolios(portfolio_pool, portfolio_details, heard):
    return PostgresPortfolios(portfolio_pool, portfolio_details, lambda: heard.append(True))


@pytest.fixture
def user_left(portfolio_pool, portfolio_details, owner):
    """Hands the event that its owner left to the consumer, in a transaction as it has."""
    account = auth_pb.Account(user_id=owner.user_id, tenant_id=owner.tenant_id)
    event = auth_pb.UserEvent(user_deleted=auth_pb.UserDeleted(account=account))
    given = ("user_deleted", owner.user_id, 2, NOW, NOW, "", owner.user_id, owner.tenant_id, 1)
    message = Message(Uuid7Ids().new(), "qpo.auth.v1.UserEvent", *given, event.SerializeToString())
    subscription = users(ForgetUser(TickingClock()), portfolio_details, lambda: None)

    async def deliver():
        async with portfolio_pool.acquire() as connection, connection.transaction():
            await enter(connection, SYSTEM)
            await subscription.handle(connection, message)

    assert subscription.topic == message.topic
    assert message.type in subscription.types
    return deliver


async def told(pool, portfolio_id):
    rows = await pool.fetch("SELECT * FROM outbox WHERE key = $1 ORDER BY position", portfolio_id)
    return [(row["type"], row["seq"], pb.PortfolioEvent.FromString(row["payload"])) for row in rows]


def test_every_event_holds_the_whole_portfolio_and_its_version():
    for happened, kind in ((Created(HELD), "portfolio_created"), (Modified(HELD), "portfolio_modified")):
        event = event_of(happened)
        inner = getattr(pb.PortfolioEvent.FromString(event.payload), kind)
        assert (event.type, event.key, event.seq, event.occurred_at) == (kind, HELD.id, 7, HELD.updated_at)
        assert (inner.portfolio, inner.tenant_id) == (to_portfolio(HELD), HELD.tenant_id)


def test_a_rebalance_is_told_with_its_trades():
    closes = {"AAPL": Close(Decimal(200), DAY), "MSFT": Close(Decimal(100), DAY)}
    rebalance = rebalanced(HELD, valued(HELD.holdings, HELD.cash, closes), closes, {"AAPL": 0.25, "MSFT": 0.5}, NOW)
    event = event_of(Rebalanced(rebalance))
    inner = pb.PortfolioEvent.FromString(event.payload).holdings_rebalanced
    assert (event.topic, event.type, event.seq) == ("qpo.portfolio.v1.PortfolioEvent", "holdings_rebalanced", 8)
    assert inner.portfolio == to_portfolio(rebalance.portfolio)
    assert [trade.symbol for trade in inner.trades] == ["AAPL", "MSFT"]
    assert inner.nav.value == str(rebalance.nav)


def test_a_deletion_is_the_version_behind_the_last():
    event = event_of(Deleted(HELD, NOW))
    assert (event.type, event.seq, event.occurred_at) == ("portfolio_deleted", 8, NOW)


async def test_effect_and_event_are_kept_together_or_not_at_all(portfolios, portfolio_rows, owner, heard):
    mine = replace(HELD, id=str(uuid.uuid4()), user_id=owner.user_id, tenant_id=owner.tenant_id, version=1)
    with suppress(ZeroDivisionError):
        async with portfolios.transaction(owner) as transaction:
            await transaction.insert(mine)
            await transaction.tell(Created(mine))
            raise ZeroDivisionError
    assert (await told(portfolio_rows, mine.id), heard) == ([], [])
    async with portfolios.transaction(owner) as transaction:
        await transaction.insert(mine)
        await transaction.tell(Created(mine))
        assert heard == []
    assert [kind for kind, _, _ in await told(portfolio_rows, mine.id)] == ["portfolio_created"]
    assert heard == [True]


async def test_who_left_loses_all_portfolios_and_each_is_told(portfolios, portfolio_rows, owner, user_left):
    create = CreatePortfolio(portfolios, TickingClock(), Uuid7Ids())
    made = [(await create(owner, Draft("x", PLAIN), "1", None, lambda p: p.id.encode())).decode() for _ in range(3)]
    for _ in range(2):
        await user_left()
    for portfolio_id in made:
        assert [(kind, seq) for kind, seq, _ in await told(portfolio_rows, portfolio_id)] == [
            ("portfolio_created", 1),
            ("portfolio_deleted", 2),
        ]
        assert {event.ByteSize() for _, _, event in await told(portfolio_rows, portfolio_id)} == {0}
        assert await portfolios.get(owner, portfolio_id) is None
    with pytest.raises(Unauthenticated):
        await create(owner, Draft("x", PLAIN), "1", None, lambda p: p.id.encode())
    assert await portfolio_rows.fetchval(KEYS, owner.tenant_id) == 0


async def test_with_who_left_goes_what_was_told_of_portfolios_that_they_had_deleted(
    portfolios, portfolio_rows, owner, user_left
):
    none = frozenset()
    who = Principal(owner.user_id, owner.tenant_id, none, none, tier="", token_id="", expires_at=0.0)
    with bound(principal=who):
        create = CreatePortfolio(portfolios, TickingClock(), Uuid7Ids())
        gone = (await create(owner, Draft("x", PLAIN), "1", None, lambda p: p.id.encode())).decode()
        await DeletePortfolio(portfolios, TickingClock())(owner, gone, "", None)
    assert all(event.ByteSize() for _, _, event in await told(portfolio_rows, gone))
    await user_left()
    assert [(kind, event.ByteSize()) for kind, _, event in await told(portfolio_rows, gone)] == [
        ("portfolio_created", 0),
        ("portfolio_deleted", 0),
    ]


async def test_who_creates_while_they_leave_leaves_nothing(portfolios, portfolio_rows, owner, user_left):
    create = CreatePortfolio(portfolios, TickingClock(), Uuid7Ids())

    async def creating():
        with suppress(Unauthenticated):
            for _ in range(15):
                await create(owner, Draft("x", PLAIN), "1", None, lambda p: p.id.encode())

    async def leaving():
        await asyncio.sleep(0.02)
        await user_left()

    await asyncio.gather(creating(), creating(), creating(), leaving())
    assert await portfolio_rows.fetchval("SELECT count(*) FROM portfolios WHERE user_id = $1", owner.user_id) == 0
    assert await portfolio_rows.fetchval(KEYS, owner.tenant_id) == 0
