"""Instruments on marketdata, over a real socket."""

import grpc
import pytest
import pytest_asyncio

from chassis.channel import open_channel
from services.optimizer.adapters import instruments_grpc
from services.optimizer.adapters.instruments_grpc import GrpcInstruments
from services.optimizer.app.errors import DatasetNotFound, InstrumentNotFound, PeerUnavailable, ScopeMissing
from tests.optimizer.standins import MarketDataStandIn, refused, serving

NOT_FOUND = grpc.StatusCode.NOT_FOUND


@pytest.fixture
def marketdata():
    peer = MarketDataStandIn()
    peer.instruments = {
        "A": {"sector": "tech", "country": "US", "currency": "USD"},
        "B": {"sector": "oil", "currency": "USD"},
        "C": {"currency": "CHF"},
        "D": {"sector": "tech", "country": "CH", "currency": "CHF"},
    }
    return peer


@pytest_asyncio.fixture
async def instruments(marketdata):
    async with serving(marketdata) as address:
        channel = open_channel(address)
        yield GrpcInstruments(channel)
        await channel.close()


async def test_what_is_not_known_of_an_instrument_is_no_class(instruments):
    assert await instruments.classes("prices", ["C", "A", "B"]) == {
        "sector": {"A": "tech", "B": "oil"},
        "country": {"A": "US"},
        "currency": {"A": "USD", "B": "USD", "C": "CHF"},
    }


async def test_without_symbols_all_of_a_dataset_is_read_page_by_page(instruments, marketdata):
    marketdata.page = 2
    assert set((await instruments.classes("prices", ()))["currency"]) == set("ABCD")
    assert [request.page_token for request in marketdata.requests] == ["", "B"]


async def test_symbols_are_sent_once_each_however_many_there_are(instruments, marketdata, monkeypatch):
    monkeypatch.setattr(instruments_grpc, "PAGE", 3)
    assert set((await instruments.classes("prices", "DACB"))["currency"]) == set("ABCD")
    assert [list(request.symbols) for request in marketdata.requests] == [["D", "A", "C"], ["B"]]


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (refused(NOT_FOUND, "DATASET_NOT_FOUND"), DatasetNotFound),
        (refused(NOT_FOUND, "INSTRUMENT_NOT_FOUND", metadata={"symbols": "X"}), InstrumentNotFound),
        (refused(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", metadata={"scope": "s"}), ScopeMissing),
        (refused(grpc.StatusCode.UNAVAILABLE), PeerUnavailable),
        (refused(grpc.StatusCode.INTERNAL), grpc.aio.AioRpcError),
    ],
)
async def test_a_refusal_means_here_what_it_says_there(instruments, marketdata, status, meaning):
    marketdata.refusal = status
    with pytest.raises(meaning):
        await instruments.classes("prices", ["A"])
