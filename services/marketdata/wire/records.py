"""Records of feeds on the bus and from clients."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from qpo.marketdata.v1 import events_pb2 as events
from qpo.marketdata.v1 import marketdata_service_pb2 as pb

from services.marketdata.app.feed_ports import Incoming, Unreadable
from services.marketdata.domain.dataset import is_id
from services.marketdata.domain.feed.records import Stream

NOWHERE = "00000000-0000-0000-0000-000000000000"  # the dataset of what does not say of which it is
LONGEST_NAME = 64  # of a symbol or source: longer ones are cut


def to_payload(records: Incoming) -> bytes:
    """A message of topic `market-data`."""
    message = events.MarketRecords(
        dataset_id=records.stream.dataset_id,
        source=records.stream.source,
        symbol=records.stream.symbol,
        currency=records.currency,
        occurred_at=records.occurred_at,
        price=records.price,
        size=records.size,
        number=records.number,
        released=records.released,
    )
    return message.SerializeToString()


def from_payload(payload: bytes) -> Incoming | Unreadable:
    """What such a message says; nothing of it is believed."""
    try:
        message = events.MarketRecords.FromString(payload)
    except DecodeError:
        return Unreadable(Stream(NOWHERE, "", ""), payload)
    dataset_id = message.dataset_id if is_id(message.dataset_id) else NOWHERE
    stream = Stream(dataset_id, _name(message.symbol), _name(message.source))
    count = len(message.price)
    lengths = {len(message.occurred_at), len(message.size) or count, len(message.number) or count}
    if dataset_id == NOWHERE or lengths != {count} or not _says_what_it_releases(message):
        return Unreadable(stream, payload)
    return Incoming(
        stream=stream,
        currency=_name(message.currency),
        occurred_at=message.occurred_at,
        price=message.price,
        size=message.size or [0.0] * count,
        number=message.number or [0] * count,
        released=message.released,
    )


def from_records(records: pb.TickRecords, dataset_id: str, source: str) -> Incoming | None:
    """What a client sends; None if its columns have unequal lengths."""
    count = len(records.prices)
    lengths = {len(records.occurred_at), len(records.sizes) or count, len(records.numbers) or count}
    if lengths != {count}:
        return None
    return Incoming(
        stream=Stream(dataset_id, records.symbol, source),
        currency=records.currency,
        occurred_at=records.occurred_at,
        price=records.prices,
        size=records.sizes or [0.0] * count,
        number=records.numbers or [0] * count,
    )


def _says_what_it_releases(message: events.MarketRecords) -> bool:
    return not message.released or (is_id(message.released) and len(message.price) == 1)


def _name(text: str) -> str:
    """A name that PostgreSQL takes."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:LONGEST_NAME]
