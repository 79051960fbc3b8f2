"""The use cases that read: lists, closes, returns."""

import numpy as np
import pytest

from services.marketdata.app.get_returns import GetReturns, ReturnsAsked
from services.marketdata.app.list_bars import BarRange, ListBars
from services.marketdata.app.list_closes import ListCloses
from services.marketdata.app.list_datasets import ListDatasets
from services.marketdata.app.list_instruments import ListInstruments
from services.marketdata.domain.dataset import Visibility
from services.marketdata.domain.errors import DatasetNotFound, InstrumentNotFound
from tests.marketdata.builders import NOW, OWNER, STRANGER, dataset
from tests.marketdata.fakes import MemoryBars, MemoryDatasets

TABLE = [[1, 2], [2, 2], [3, 1]]


def asked(name="prices", symbols=(), lookback=0, as_of=None):
    return ReturnsAsked(name, symbols, None, lookback, as_of)


async def test_datasets_come_in_pages_and_the_last_page_says_so():
    rows = [dataset(name=f"d{n}", identity=f"id-{n}") for n in range(5)]
    listing, after, seen = ListDatasets(MemoryDatasets(*rows)), (), []
    while True:
        page = await listing(OWNER, after, 2)
        seen.append([row.name for row in page.rows])
        after = page.after
        if not after:
            break
    assert seen == [["d0", "d1"], ["d2", "d3"], ["d4"]]


async def test_a_page_that_ends_with_the_last_row_has_none_behind_it():
    page = await ListDatasets(MemoryDatasets(dataset()))(OWNER, (), 1)
    assert page.after == ()


async def test_returns_default_to_756_sessions_which_need_one_more_close():
    bars = MemoryBars(TABLE)
    got = await GetReturns(MemoryDatasets(dataset()), bars)(OWNER, asked())
    assert bars.asked == [(None, 757, None)]
    np.testing.assert_allclose(got.window.returns, [[1, 0], [0.5, -0.5]])
    assert got.symbols == ["A", "B"]


async def test_columns_come_in_the_order_of_the_asked_symbols():
    got = await GetReturns(MemoryDatasets(dataset()), MemoryBars(TABLE))(OWNER, asked(symbols=["B", "A"]))
    assert got.symbols == ["B", "A"]


async def test_with_as_of_the_start_of_a_history_is_what_was_known_then():
    got = await GetReturns(MemoryDatasets(dataset()), MemoryBars(TABLE))(OWNER, asked(as_of=NOW))
    assert got.starts == [None, None]


async def test_every_symbol_that_a_dataset_lacks_is_named():
    with pytest.raises(InstrumentNotFound) as raised:
        await GetReturns(MemoryDatasets(dataset()), MemoryBars(TABLE))(OWNER, asked(symbols=["X", "A", "Y"]))
    assert raised.value.symbols == ("X", "Y")


async def test_anothers_private_dataset_is_as_if_it_were_not_there():
    datasets, bars = MemoryDatasets(dataset()), MemoryBars(TABLE)
    for read in (
        GetReturns(datasets, bars)(STRANGER, asked(dataset().id)),
        ListCloses(datasets, bars)(STRANGER, dataset().id, [], None, None),
        ListBars(datasets, bars, None)(STRANGER, BarRange(dataset().id, [], None, None, None), [], 0),
        ListInstruments(datasets)(STRANGER, "prices", [], [], 0),
    ):
        with pytest.raises(DatasetNotFound):
            await read


async def test_a_shared_dataset_is_read_by_its_id_and_not_by_its_name():
    use = ListCloses(MemoryDatasets(dataset(visibility=Visibility.SHARED)), MemoryBars(TABLE))
    assert [close.symbol for close in await use(STRANGER, dataset().id, ["B"], None, None)] == ["B"]
    with pytest.raises(DatasetNotFound):
        await use(STRANGER, "prices", [], None, None)
