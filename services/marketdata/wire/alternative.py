"""Documents and figures on the bus and from clients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from google.protobuf.message import DecodeError
from qpo.marketdata.v1 import alternative_data_service_pb2 as pb
from qpo.marketdata.v1 import events_pb2 as events

from services.marketdata.app.alternative_ports import AlternativeRecords
from services.marketdata.domain.alternative.records import Document, DocumentKind, Figure
from services.marketdata.domain.dataset import is_id
from services.marketdata.wire.times import from_timestamp, to_date, to_timestamp

LONGEST_NAME = 64
PLACES = Decimal("0.00000001")  # that a figure is kept to
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,8})?")


def to_payload(dataset_id: str, source: str, documents: Sequence[Document], figures: Sequence[Figure]) -> bytes:
    """A message of topic `alternative-data`."""
    message = events.AlternativeRecords(
        dataset_id=dataset_id,
        source=source,
        documents=[_to_document(each) for each in documents],
        figures=[_to_figure(each) for each in figures],
    )
    return message.SerializeToString()


def from_payload(payload: bytes) -> AlternativeRecords:
    """What a message of topic `alternative-data` says. Raises ValueError on what nobody of ours would write."""
    try:
        message = events.AlternativeRecords.FromString(payload)
    except DecodeError as error:
        raise ValueError("not an AlternativeRecords") from error
    if not is_id(message.dataset_id):
        raise ValueError("dataset_id is no id")
    documents = [from_document(each) for each in message.documents]
    return AlternativeRecords(
        message.dataset_id, _name(message.source), documents, [_from_figure(each) for each in message.figures]
    )


def from_document(document: pb.Document) -> Document:
    """A document as a client or the bus gives it. Raises InvalidRequest on a time out of range."""
    published = from_timestamp(document, "published_at")
    return Document(
        id=_text(document.id, 256),
        kind=DocumentKind(document.kind),
        channel=_text(document.channel, LONGEST_NAME),
        title=_text(document.title, 1000),
        text=document.text,
        url=_text(document.url, 2000),
        published_at=published or datetime.fromtimestamp(0, UTC),
        upvote_ratio=document.upvote_ratio if document.HasField("upvote_ratio") else None,
        symbols=tuple(document.symbols),
    )


def _to_document(document: Document) -> pb.Document:
    return pb.Document(
        id=document.id,
        kind=pb.DocumentKind.Name(document.kind.value),
        channel=document.channel,
        title=document.title,
        text=document.text,
        url=document.url,
        published_at=to_timestamp(document.published_at),
        upvote_ratio=document.upvote_ratio,
        symbols=document.symbols,
    )


def _to_figure(figure: Figure) -> events.Figure:
    return events.Figure(
        subject=figure.subject,
        metric=figure.metric,
        day=to_date(figure.day),
        period=figure.period,
        value=to_decimal(figure.value),
        currency=figure.currency,
        published_at=None if figure.published_at is None else to_timestamp(figure.published_at),
    )


def _from_figure(figure: events.Figure) -> Figure:
    if not _DECIMAL.fullmatch(figure.value):
        raise ValueError("a figure's value is no decimal number")
    return Figure(
        subject=_name(figure.subject),
        metric=_name(figure.metric),
        day=date(figure.day.year, figure.day.month, figure.day.day),
        period=_name(figure.period),
        value=Decimal(figure.value),
        currency=_name(figure.currency),
        published_at=from_timestamp(figure, "published_at"),
    )


def to_decimal(value: Decimal) -> str:
    """Plain notation, to eight places, without trailing zeros."""
    text = f"{value.quantize(PLACES):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _name(text: str) -> str:
    return _text(text, LONGEST_NAME)


def _text(text: str, longest: int) -> str:
    """A text that PostgreSQL takes."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:longest]
