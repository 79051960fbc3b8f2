"""Small uploads, bars and ticks for the tests of marketdata."""

import math
from datetime import UTC, date, datetime, timedelta

from services.marketdata.domain.dataset import Caller, Dataset, Visibility
from services.marketdata.domain.layout import Layout, read_table
from services.marketdata.domain.table import csv_table
from services.marketdata.domain.ticks import Batch, Tick

TODAY = date(2024, 6, 28)
NOW = datetime(2024, 6, 28, 20, 0, tzinfo=UTC)
LIMIT = 1 << 20
OWNER = Caller("01987f6c-0000-7000-8000-000000000001", "01987f6c-0000-7000-8000-000000000001")
STRANGER = Caller("01987f6c-0000-7000-8000-000000000002", "01987f6c-0000-7000-8000-000000000002")
EPOCH = "epoch-1"


def read(text, layout=Layout.UNSPECIFIED, limit=LIMIT):
    data = text if isinstance(text, bytes) else text.encode()
    return read_table(csv_table(data, limit), layout, TODAY)


def bars_of(prices):
    """{(symbol, session): (open, high, low, close, adjusted_close, volume)}, None for what is unknown."""
    rows = zip(prices.symbol.tolist(), prices.session.tolist(), prices.values.tolist(), strict=True)
    return {
        (prices.symbols[number], date.fromordinal(session)): tuple(None if math.isnan(v) else v for v in values)
        for number, session, values in rows
    }


def closes_of(prices):
    return {key: values[3] for key, values in bars_of(prices).items()}


def defects_of(reading):
    return [(d.line, d.column, d.symbol, d.reason.name) for d in reading.defects.first]


def day(number):
    return date(2024, 1, 1) + timedelta(days=number)


def dataset(owner=OWNER, name="prices", visibility=Visibility.PRIVATE, identity="01987f6c-0000-7000-8000-0000000000da"):
    return Dataset(identity, name, owner.user_id, owner.tenant_id, visibility, NOW)


def tick(symbol, seq, price=None):
    return Tick(symbol, float(price or seq), day(seq), NOW, seq)


def batch(version, *ticks, epoch=EPOCH):
    return Batch(epoch, version, tuple(ticks))
