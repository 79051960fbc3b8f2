"""Between the domain's words and the contract's: documents, sentiment and figures."""

from __future__ import annotations

from collections.abc import AsyncIterator

from qpo.marketdata.v1 import alternative_data_service_pb2 as pb
from qpo.types.v1.decimal_pb2 import Decimal as DecimalMessage

from chassis.errors import InvalidRequest
from services.marketdata.app.alternative import DocumentsAsked
from services.marketdata.app.alternative_ports import (
    FiguresAsked,
    KeptDocument,
    KeptFigure,
    SentimentAsked,
    SentimentPoint,
)
from services.marketdata.app.subscribe_changes import Changes
from services.marketdata.domain.alternative.records import Document
from services.marketdata.wire.alternative import from_document, to_decimal
from services.marketdata.wire.times import from_date, from_timestamp, to_date, to_timestamp

Requests = AsyncIterator[pb.IngestDocumentsRequest]
WIDTHS = {pb.SENTIMENT_INTERVAL_UNSPECIFIED: 3600, pb.SENTIMENT_INTERVAL_1H: 3600, pb.SENTIMENT_INTERVAL_1D: 86_400}


async def feed_of(requests: Requests) -> pb.DocumentFeed:
    """The feed, which is the first message. Raises InvalidRequest."""
    first = await anext(requests, None)
    if first is None or first.WhichOneof("part") != "feed":
        raise InvalidRequest([("feed", "send the feed as the first message, then documents")])
    return first.feed


async def documents_of(requests: Requests) -> AsyncIterator[Document]:
    """The documents behind the feed. Raises InvalidRequest on a second feed."""
    async for request in requests:
        if request.WhichOneof("part") != "document":
            raise InvalidRequest([("feed", "send one feed only; behind it come documents")])
        yield from_document(request.document)


def from_documents_asked(request: pb.ListDocumentsRequest) -> DocumentsAsked:
    """Which documents."""
    return DocumentsAsked(request.dataset, list(request.symbols), request.source)


def from_sentiment_asked(request: pb.ListSentimentRequest) -> SentimentAsked:
    """Which sentiment. Raises InvalidRequest."""
    return SentimentAsked(
        dataset=request.dataset,
        symbols=list(request.symbols),
        source=request.source,
        width=WIDTHS[request.interval],
        start=from_timestamp(request, "start"),
        end=from_timestamp(request, "end"),
        as_of=from_timestamp(request, "as_of"),
    )


def from_fundamentals_asked(request: pb.ListFundamentalsRequest) -> FiguresAsked:
    """Which figures of companies. Raises InvalidRequest."""
    which = (list(request.symbols), list(request.metrics))
    return FiguresAsked(request.dataset, False, *which, None, None, from_timestamp(request, "as_of"))


def from_macro_asked(request: pb.ListMacroObservationsRequest) -> FiguresAsked:
    """Which observations. Raises InvalidRequest."""
    days = (from_date(request, "start"), from_date(request, "end"))
    return FiguresAsked(request.dataset, True, list(request.series), [], *days, from_timestamp(request, "as_of"))


def to_document(document: KeptDocument) -> pb.ScoredDocument:
    """A document as it is kept."""
    return pb.ScoredDocument(
        id=document.id,
        source=document.source,
        kind=pb.DocumentKind.Name(document.kind.value),
        channel=document.channel,
        title=document.title,
        url=document.url,
        published_at=to_timestamp(document.published_at),
        knowledge_time=to_timestamp(document.knowledge_time),
        upvote_ratio=document.upvote_ratio,
        sentiment_score=document.score,
        confidence=document.confidence,
        symbols=document.symbols,
    )


def to_point(point: SentimentPoint) -> pb.SentimentPoint:
    """A point."""
    return pb.SentimentPoint(
        symbol=point.symbol,
        source=point.source,
        channel=point.channel,
        start=to_timestamp(point.start),
        sentiment_score=point.score,
        post_count=point.count,
        upvote_ratio=point.upvote_ratio,
        confidence=point.confidence,
        knowledge_time=to_timestamp(point.knowledge_time),
    )


def to_frame(changes: Changes[SentimentPoint], cursor: str) -> pb.SubscribeSentimentResponse:
    """What one message to a subscriber tells."""
    points = [to_point(point) for point in changes.rows]
    return pb.SubscribeSentimentResponse(snapshot=changes.snapshot, points=points, cursor=cursor)


def to_fundamental(figure: KeptFigure) -> pb.Fundamental:
    """A figure of a company."""
    return pb.Fundamental(
        symbol=figure.subject,
        metric=figure.metric,
        period_end=to_date(figure.day),
        period=figure.period,
        value=DecimalMessage(value=to_decimal(figure.value)),
        currency=figure.currency,
        published_at=None if figure.published_at is None else to_timestamp(figure.published_at),
        knowledge_time=to_timestamp(figure.knowledge_time),
        source=figure.source,
    )


def to_observation(figure: KeptFigure) -> pb.MacroObservation:
    """An observation of a series."""
    return pb.MacroObservation(
        series=figure.subject,
        date=to_date(figure.day),
        value=DecimalMessage(value=to_decimal(figure.value)),
        knowledge_time=to_timestamp(figure.knowledge_time),
        source=figure.source,
    )
