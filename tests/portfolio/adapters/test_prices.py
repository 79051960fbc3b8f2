"""One body for the prices of the use cases' tests and those of marketdata."""

from datetime import timedelta
from decimal import Decimal

import grpc
import pytest
import pytest_asyncio

from chassis.channel import open_channel
from chassis.context import bound
from services.portfolio.adapters.prices_grpc import GrpcPrices
from services.portfolio.domain.errors import NotPriced, PeerUnavailable, ScopeMissing
from services.portfolio.domain.valuation import Close
from tests.portfolio.builders import DAY
from tests.portfolio.fakes import TablePrices
from tests.portfolio.standins import MarketDataStandIn, refused, serving

EARLIER = DAY - timedelta(days=10)
SERIES = {"AAPL": [(EARLIER, 0.1), (DAY, 129.73)], "XOM": [(DAY, 108.38)]}


@pytest_asyncio.fixture
async def marketdata():
    return MarketDataStandIn("sp500", SERIES)


@pytest_asyncio.fixture
async def over_grpc(marketdata):
    async with serving(marketdata) as address, open_channel(address) as channel:
        yield GrpcPrices(channel)


@pytest_asyncio.fixture(params=["table", "grpc"])
async def prices(request, over_grpc):
    if request.param == "grpc":
        return over_grpc
    return TablePrices(**{s: [Close(Decimal(repr(price)), day) for day, price in days] for s, days in SERIES.items()})


async def test_the_last_close_is_exactly_the_number_that_was_published(prices):
    closes = await prices.closes("sp500", ["AAPL", "XOM"], None)
    assert closes == {"AAPL": Close(Decimal("129.73"), DAY), "XOM": Close(Decimal("108.38"), DAY)}


async def test_a_session_limits_what_is_known_and_who_has_no_close_is_left_out(prices):
    closes = await prices.closes("sp500", ["AAPL", "XOM"], DAY - timedelta(days=1))
    assert closes == {"AAPL": Close(Decimal("0.1"), EARLIER)}


async def test_without_the_dataset_nothing_is_priced(prices):
    with pytest.raises(NotPriced, match="there is no dataset other"):
        await prices.closes("other", ["AAPL"], None)


async def test_what_is_no_price_is_left_out(over_grpc, marketdata):
    marketdata.series = {"AAPL": [(DAY, float("nan"))], "KO": [(DAY, 0.0)], "XOM": [(DAY, 1.0)]}
    assert (await over_grpc.closes("sp500", ["AAPL", "KO", "XOM"], None)).keys() == {"XOM"}


async def test_the_caller_s_token_goes_along(over_grpc, marketdata):
    with bound(access_token="alice's"):
        await over_grpc.closes("sp500", ["AAPL"], None)
    assert marketdata.tokens == ["Bearer alice's"]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (refused(grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", "no instrument KO"), NotPriced),
        (refused(grpc.StatusCode.FAILED_PRECONDITION, "NO_SESSIONS"), NotPriced),
        (refused(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", metadata={"scope": "read:x"}), ScopeMissing),
        (refused(grpc.StatusCode.UNAVAILABLE), PeerUnavailable),
        (refused(grpc.StatusCode.FAILED_PRECONDITION, "PEER_UNAVAILABLE"), PeerUnavailable),
        (refused(grpc.StatusCode.INTERNAL), grpc.aio.AioRpcError),
    ],
)
async def test_a_refusal_is_said_in_the_domain_s_words_or_left_to_the_door(over_grpc, marketdata, refusal, error):
    marketdata.refusal = refusal
    with pytest.raises(error):
        await over_grpc.closes("sp500", ["AAPL"], None)


async def test_who_does_not_answer_is_unavailable():
    async with open_channel("127.0.0.1:1") as channel:
        with pytest.raises(PeerUnavailable, match="marketdata"):
            await GrpcPrices(channel).closes("sp500", ["AAPL"], None)
