"""qpo.marketdata.v1 over a real server and PostgreSQL: what is known of instruments beside their prices."""

import uuid

import grpc
import pytest
import pytest_asyncio
from qpo.marketdata.v1 import prices_pb2 as prices

from tests.marketdata.served import refused

BAD = grpc.StatusCode.INVALID_ARGUMENT


@pytest_asyncio.fixture
async def client(serve_marketdata):
    return await serve_marketdata()


@pytest_asyncio.fixture
async def ann(client):
    """A user who has imported prices of A, B and C."""
    user = client()
    await user.ingest()
    return user


async def known(user, dataset="prices", **fields):
    answer = await user.list_instruments(dataset=dataset, **fields)
    return {i.symbol: (i.sector, i.country, i.currency, i.lot_size, i.name) for i in answer.instruments}


async def test_what_an_update_says_is_listed_and_what_it_leaves_out_stays(ann):
    first = {"symbol": "C", "sector": "energy", "country": "US", "currency": "CHF", "lot_size": 100, "name": "C plc"}
    answer = await ann.update_instruments(dataset="prices", updates=[first, {"symbol": "A", "sector": "tech"}])
    assert [i.symbol for i in answer.instruments] == ["C", "A"]
    assert await known(ann) == {
        "A": ("tech", "", "USD", 1, ""),
        "B": ("", "", "USD", 1, ""),
        "C": ("energy", "US", "CHF", 100, "C plc"),
    }
    await ann.update_instruments(dataset="prices", updates=[{"symbol": "C", "country": "NO"}])
    assert (await known(ann))["C"] == ("energy", "NO", "CHF", 100, "C plc")


async def test_a_market_is_listed_and_told_of_like_all_else(ann):
    once = await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "mic": "XNAS"}])
    assert [i.mic for i in once.instruments] == ["XNAS"]
    assert await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "sector": ""}]) == once
    assert {i.symbol: i.mic for i in (await ann.list_instruments(dataset="prices")).instruments}["A"] == "XNAS"


async def test_an_empty_text_is_unknown_again(ann):
    await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "sector": "tech", "country": "US"}])
    await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "sector": ""}])
    assert (await known(ann))["A"] == ("", "US", "USD", 1, "")


async def test_an_update_made_twice_is_made_once(ann):
    updates = [{"symbol": "A", "sector": "tech"}]
    once = await ann.update_instruments(dataset="prices", updates=updates)
    assert await ann.update_instruments(dataset="prices", updates=updates) == once


async def test_all_updates_are_made_or_none(ann):
    updates = [{"symbol": "A", "sector": "tech"}, {"symbol": "X"}, {"symbol": "Y"}]
    call = ann.update_instruments(dataset="prices", updates=updates)
    metadata = await refused(call, grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND")
    assert metadata == {"symbols": "X,Y"}
    assert (await known(ann))["A"] == ("", "", "USD", 1, "")


@pytest.mark.parametrize(
    "updates",
    [
        [],
        [{"symbol": "A"}, {"symbol": "B"}, {"symbol": "A", "sector": "tech"}],
        [{"sector": "tech"}],
        [{"symbol": "A", "sector": "tech\n"}],
        [{"symbol": "A", "country": "USA"}],
        [{"symbol": "A", "currency": ""}],
        [{"symbol": "A", "lot_size": 0}],
    ],
)
async def test_an_update_that_breaks_a_rule_is_refused(ann, updates):
    await refused(ann.update_instruments(dataset="prices", updates=updates), BAD, "INVALID_REQUEST")


async def test_only_the_owner_updates_a_shared_dataset_and_a_private_one_is_not_there(client):
    owner, other, update = client(), client(), [{"symbol": "A", "sector": "tech"}]
    shared = (await owner.ingest(visibility=prices.VISIBILITY_SHARED)).dataset.id
    call = other.update_instruments(dataset=shared, updates=update)
    await refused(call, grpc.StatusCode.PERMISSION_DENIED, "NOT_OWNER")
    hidden = (await owner.ingest(dataset="hidden")).dataset.id
    for dataset in (hidden, str(uuid.uuid4()), "hidden"):
        call = other.update_instruments(dataset=dataset, updates=update)
        await refused(call, grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND")
    await owner.update_instruments(dataset=shared, updates=update)
    assert (await known(other, shared))["A"][0] == "tech"


async def test_an_update_needs_the_scope_to_write(ann, client):
    reader = client(scopes=["read:marketdata"])
    call = reader.update_instruments(dataset="prices", updates=[{"symbol": "A"}])
    await refused(call, grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


async def test_an_upload_leaves_what_is_known_of_instruments(ann):
    await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "sector": "tech", "lot_size": 10}])
    await ann.ingest("date,A\n2024-01-05,13\n")
    assert (await known(ann))["A"] == ("tech", "", "USD", 10, "")


async def test_instruments_are_listed_by_name_in_pages(ann):
    assert list(await known(ann, symbols=["C", "A"])) == ["A", "C"]
    first = await ann.list_instruments(dataset="prices", symbols=["C", "A"], page_size=1)
    rest = await ann.list_instruments(
        dataset="prices", symbols=["C", "A"], page_size=1, page_token=first.next_page_token
    )
    assert [[i.symbol for i in page.instruments] for page in (first, rest)] == [["A"], ["C"]]
    assert rest.next_page_token == ""
    other = ann.list_instruments(dataset="prices", symbols=["B"], page_token=first.next_page_token)
    await refused(other, BAD, "PAGE_TOKEN_INVALID")
    unknown = ann.list_instruments(dataset="prices", symbols=["A", "X"])
    assert await refused(unknown, grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND") == {"symbols": "X"}
