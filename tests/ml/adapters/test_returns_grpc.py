from datetime import UTC, date, datetime

import grpc
import numpy as np
import pytest
from google.type import date_pb2

from chassis.channel import open_channel
from chassis.context import bound
from services.ml.adapters.returns_grpc import MarketDataReturns
from services.ml.app.ports import (
    DatasetNotFound,
    DatasetQuery,
    HistoryTooLarge,
    InstrumentNotFound,
    NoSessions,
    PeerUnavailable,
)
from tests.fixtures.marketdata_standin import MarketDataStandIn, serving

QUERY = DatasetQuery("prices", ["B", "A"], datetime(2021, 1, 2, tzinfo=UTC))


@pytest.fixture
async def marketdata():
    values = np.random.default_rng(1).normal(0, 0.01, (5, 2))
    values[0, 1] = np.nan
    return MarketDataStandIn("AB", values)


@pytest.fixture
async def history(marketdata):
    async with serving(marketdata) as address:
        channel = open_channel(address)
        yield MarketDataReturns(channel)
        await channel.close()


async def test_returns_arrive_with_their_sessions_and_starts_in_the_order_asked(marketdata, history):
    returns = await history.returns(QUERY, end=None, lookback=3)
    assert returns.symbols == ["B", "A"]
    np.testing.assert_array_equal(returns.values, marketdata.values[-3:, ::-1])
    assert returns.sessions[0] == date(2020, 1, 2)
    assert returns.starts == [date(2020, 1, 1)] * 2


async def test_a_missing_return_arrives_as_nan(marketdata, history):
    returns = await history.returns(QUERY, end=None, lookback=5)
    np.testing.assert_array_equal(returns.values, marketdata.values[:, ::-1])


async def test_the_whole_question_is_passed_on_with_the_callers_token(marketdata, history):
    with bound(access_token="the-callers-own"):
        await history.returns(QUERY, end=date(2020, 1, 4), lookback=2)
    request = marketdata.requests[0]
    assert (request.dataset, request.lookback) == ("prices", 2)
    assert request.end == date_pb2.Date(year=2020, month=1, day=4)
    assert request.as_of.ToDatetime(tzinfo=UTC) == QUERY.as_of
    assert marketdata.tokens == ["Bearer the-callers-own"]


@pytest.mark.parametrize(
    ("refusal", "meaning"),
    [
        ((grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND"), DatasetNotFound("prices")),
        ((grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", {"symbols": "B"}), InstrumentNotFound("B")),
        ((grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE"), PeerUnavailable("marketdata")),
        ((grpc.StatusCode.UNAVAILABLE,), PeerUnavailable("marketdata")),
    ],
)
async def test_a_refusal_of_marketdata_is_told_in_the_ports_words(marketdata, history, refusal, meaning):
    marketdata.refusal = refusal
    with pytest.raises(type(meaning)) as told:
        await history.returns(QUERY, end=None, lookback=5)
    assert told.value == meaning


async def test_a_range_without_sessions_is_told(marketdata, history):
    marketdata.refusal = (grpc.StatusCode.FAILED_PRECONDITION, "NO_SESSIONS")
    with pytest.raises(NoSessions):
        await history.returns(QUERY, end=None, lookback=5)


async def test_more_returns_than_a_message_holds_are_told(marketdata, history):
    marketdata.symbols = [f"S{number}" for number in range(2_200)]
    marketdata.values = np.zeros((1_000, 2_200))
    with pytest.raises(HistoryTooLarge):
        await history.returns(DatasetQuery("prices", marketdata.symbols), end=None, lookback=1_000)


async def test_a_refusal_that_nobody_foresaw_is_left_to_the_chassis(marketdata, history):
    marketdata.refusal = (grpc.StatusCode.DATA_LOSS, "")
    with pytest.raises(grpc.aio.AioRpcError):
        await history.returns(QUERY, end=None, lookback=5)


async def test_a_marketdata_that_is_not_there_is_unavailable():
    channel = open_channel("127.0.0.1:1")
    with pytest.raises(PeerUnavailable):
        await MarketDataReturns(channel).returns(QUERY, end=None, lookback=5)
    await channel.close()
