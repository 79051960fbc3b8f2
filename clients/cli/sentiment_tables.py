"""How sentiment and documents look in a terminal."""

from qpo.marketdata.v1.alternative_data_service_pb2 import (
    ListDocumentsResponse,
    ListSentimentResponse,
    ScoredDocument,
    SentimentPoint,
)
from rich.console import RenderableType
from rich.text import Text

from clients.cli.output import grid, moment, percent
from clients.cli.prices_tables import next_page

_LOUD = 0.15  # of a score: beyond it something good or bad was said


def sentiment(page: ListSentimentResponse) -> RenderableType:
    """One row per point."""
    columns = ("start", "symbol", "source", "channel", ">score", ">documents", ">upvotes", ">confidence")
    return grid(columns, (_point(point) for point in page.points), note=next_page(page.next_page_token))


def _point(point: SentimentPoint) -> tuple[RenderableType, ...]:
    return (*_begin(point), _score(point.sentiment_score), *_end(point))


def row(point: SentimentPoint) -> tuple[str, ...]:
    """A point as a line of text."""
    return (*_begin(point), f"{point.sentiment_score:+.2f}", *_end(point))


def documents(page: ListDocumentsResponse) -> RenderableType:
    """One row per document."""
    columns = ("published", "symbols", "source", "channel", ">score", ">confidence", "title")
    return grid(columns, (_document(each) for each in page.documents), note=next_page(page.next_page_token))


def _begin(point: SentimentPoint) -> tuple[str, ...]:
    return (moment(point.start), point.symbol, point.source, point.channel or "–")


def _end(point: SentimentPoint) -> tuple[str, ...]:
    upvotes = percent(point.upvote_ratio, 0) if point.HasField("upvote_ratio") else "–"
    return (f"{point.post_count:,}", upvotes, f"{point.confidence:.2f}")


def _document(of: ScoredDocument) -> tuple[RenderableType, ...]:
    told = (moment(of.published_at), ", ".join(of.symbols), of.source, of.channel or "–")
    return (*told, _score(of.sentiment_score), f"{of.confidence:.2f}", of.title)


def _score(score: float) -> Text:
    return Text(f"{score:+.2f}", "green" if score >= _LOUD else "red" if score <= -_LOUD else "")
