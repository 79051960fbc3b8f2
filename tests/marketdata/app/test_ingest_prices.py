import pytest

from services.marketdata.app.ingest_prices import Format, IngestPrices, Upload
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.errors import DatasetNotFound, NotOwner, UnreadableUpload, UploadTooLarge
from services.marketdata.domain.layout import Layout
from services.marketdata.domain.table import Row, Table
from tests.marketdata.builders import OWNER, STRANGER, dataset
from tests.marketdata.fakes import FixedClock, MemoryDatasets, MemoryPrices

GOOD = b"date,A\n2024-01-02,1\n2024-01-03,x\n"


class TypedRows:
    """Reads any bytes as one typed row."""

    def table(self, data, max_bytes):
        return Table(("date", "A"), [Row(2, ["2024-01-02", 7.5])])


def upload(name="prices", **changes):
    fields = {"format": Format.CSV, "layout": Layout.UNSPECIFIED, "currency": "USD", "validate_only": False}
    return Upload(dataset=name, visibility=Visibility.PRIVATE, **(fields | changes))


async def chunks(data, size=7):
    for start in range(0, len(data), size):
        yield data[start : start + size]


def ingest_into(*datasets, max_bytes=1000):
    prices = MemoryPrices()
    return IngestPrices(MemoryDatasets(*datasets), prices, TypedRows(), FixedClock(), max_bytes), prices


async def test_good_rows_are_stored_and_the_others_reported():
    ingest, prices = ingest_into()
    done = await ingest(OWNER, upload(), chunks(GOOD))
    assert done.stored.bars == 1
    assert [defect.line for defect in done.reading.defects.first] == [3]
    assert (prices.deliveries[0].dataset, prices.deliveries[0].currency) == ("prices", "USD")


async def test_with_validate_only_nothing_is_stored_and_the_same_is_told():
    ingest, prices = ingest_into()
    done = await ingest(OWNER, upload(validate_only=True), chunks(GOOD))
    assert done.stored.bars == 1
    assert done.dataset is None
    assert prices.deliveries == []


async def test_an_upload_without_a_good_row_makes_no_dataset():
    ingest, prices = ingest_into()
    done = await ingest(OWNER, upload(), chunks(b"date,A\nnever,1\n"))
    assert (done.stored.bars, done.dataset, done.reading.defects.total) == (0, None, 1)
    assert prices.deliveries == []


async def test_a_parquet_upload_is_read_as_parquet():
    ingest, prices = ingest_into()
    await ingest(OWNER, upload(format=Format.PARQUET), chunks(b"PAR1"))
    assert prices.deliveries[0].prices.values[0, 3] == 7.5


async def test_an_upload_beyond_the_limit_is_refused_as_soon_as_it_is_seen():
    ingest, _ = ingest_into(max_bytes=20)

    async def endless():
        while True:
            yield b"x" * 8

    with pytest.raises(UploadTooLarge):
        await ingest(OWNER, upload(), endless())


async def test_an_unreadable_upload_keeps_nothing():
    ingest, prices = ingest_into()
    with pytest.raises(UnreadableUpload):
        await ingest(OWNER, upload(), chunks(b"hello"))
    assert prices.deliveries == []


async def test_anothers_dataset_is_refused_before_a_byte_is_taken():
    colleague = Caller(STRANGER.user_id, OWNER.tenant_id)
    ingest, _ = ingest_into(dataset(owner=OWNER))

    async def untouched():
        pytest.fail("the bytes were asked for")
        yield b""

    with pytest.raises(NotOwner):
        await ingest(colleague, upload(), untouched())
    with pytest.raises(NotOwner):
        await ingest(colleague, upload(dataset().id), untouched())


async def test_an_id_that_names_no_visible_dataset_makes_none():
    ingest, _ = ingest_into(dataset(owner=OWNER))
    with pytest.raises(DatasetNotFound):
        await ingest(STRANGER, upload(dataset().id), chunks(GOOD))


async def test_two_tenants_may_use_one_name():
    ingest, prices = ingest_into(dataset(owner=OWNER))
    await ingest(STRANGER, upload(), chunks(GOOD))
    assert prices.deliveries[0].caller == STRANGER
