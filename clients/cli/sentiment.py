"""`qpo sentiment`: what is written about instruments, and how it sounds."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from qpo.marketdata.v1.alternative_data_service_pb2 import (
    DocumentFeed,
    IngestDocumentsRequest,
    ListDocumentsRequest,
    ListSentimentRequest,
    SubscribeSentimentRequest,
)

from clients.cli import sentiment_tables as tables
from clients.cli.arguments import Dataset, KnownAt, PageSize, PageToken, Symbols
from clients.cli.console import stdout
from clients.cli.dates import stamp
from clients.cli.documents import documents_in
from clients.cli.interrupt import until_interrupted
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import append_content, content, show
from clients.cli.tape import resumed

app = App(name="sentiment", help="See what is written about instruments, and how it sounds.")

Interval = Annotated[Literal["1h", "1d"], Parameter(help="How finely it is added up.")]
OfSource = Annotated[str, Parameter(name="--source", help="Of this source alone, such as reddit; without it of all.")]


@app.command(name="list")
def list_(
    dataset: Dataset = "",
    /,
    *,
    interval: Interval = "1h",
    symbols: Symbols = (),
    source: OfSource = "",
    start: datetime | None = None,
    end: datetime | None = None,
    known_at: KnownAt = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List sentiment by hour or day.

    ```
    qpo sentiment list mine --interval 1d --symbols AAPL
    ```

    Needs the scope `read:marketdata`. Prints one row per interval, symbol, source and channel. The score is a
    lexicon's, from −1 to 1: a rough measure, and no advice; the confidence tells how much there was to go by.

    Parameters
    ----------
    start
        Intervals that begin then or later, UTC.
    end
        Intervals that begin before then, UTC.
    """
    request = ListSentimentRequest(
        dataset=options.dataset(dataset),
        symbols=symbols_of(symbols),
        source=source,
        interval=_interval(interval),
        start=stamp(start),
        end=stamp(end),
        as_of=stamp(known_at),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.alternative.ListSentiment(request)
    show(answer, options.format, tables.sentiment)


@app.command
def watch(
    dataset: Dataset = "",
    /,
    *,
    interval: Interval = "1h",
    symbols: Symbols = (),
    seconds: float = 0.0,
    options: Options = DEFAULTS,
) -> None:
    """Watch sentiment change, until Ctrl-C; a stream that is cut is taken up where it was.

    ```
    qpo sentiment watch mine --symbols AAPL
    ```

    Needs the scope `read:marketdata`. Prints a row per point, first the newest; with -o json one line per message, with
    -o yaml one document.

    Parameters
    ----------
    seconds
        Stop after this long; 0 means never.
    """
    until = time.monotonic() + seconds if seconds else None
    request = SubscribeSentimentRequest(
        dataset=options.dataset(dataset), interval=_interval(interval), symbols=symbols_of(symbols)
    )
    with (
        options.open() as edge,
        until_interrupted() as interrupted,
        closing(resumed(edge.alternative.SubscribeSentiment, request, until)) as stream,
    ):
        for message in stream:
            if options.format != "table":
                append_content(content(message), options.format)
            for point in message.points if options.format == "table" else ():
                stdout().print("  ".join(tables.row(point)), highlight=False)
            if interrupted.is_set():
                break


@app.command
def documents(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    source: OfSource = "",
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List the articles and posts that speak of instruments, the newest first.

    ```
    qpo sentiment documents mine --symbols AAPL
    ```

    Needs the scope `read:marketdata`. Prints one row per document with its score; what it says beyond its title is not
    kept.
    """
    request = ListDocumentsRequest(
        dataset=options.dataset(dataset),
        symbols=symbols_of(symbols),
        source=source,
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.alternative.ListDocuments(request)
    show(answer, options.format, tables.documents)


@app.command
def send(file: Path, /, *, dataset: Dataset = "", source: str = "cli", options: Options = DEFAULTS) -> None:
    """Send documents into a dataset: they are linked to its instruments and scored.

    ```
    qpo sentiment send news.csv --dataset mine                  # id,published_at,title
    qpo sentiment list mine
    ```

    Needs the scope `write:marketdata` and a dataset of your own. Instruments are found by cashtag, symbol and name;
    names are told by `qpo prices classify`. Prints how many were taken.

    Parameters
    ----------
    file
        CSV with a header line: id (sent twice, it is kept once), published_at (ISO 8601), title, and any of kind
        (article or post), channel, text, url, upvote_ratio (0 to 1), symbols (with spaces between them).
    source
        Who gives them: lower-case letters, digits, hyphens, underscores.
    """
    feed, found = DocumentFeed(dataset=options.dataset(dataset), source=source), documents_in(file)

    def requests() -> Iterator[IngestDocumentsRequest]:
        yield IngestDocumentsRequest(feed=feed)
        for document in found:
            yield IngestDocumentsRequest(document=document)

    with options.open() as edge:
        answer = edge.alternative.IngestDocuments(requests(), timeout=max(options.timeout, 300.0))
    show(answer, options.format, lambda taken: f"{taken.documents:,} documents taken")


def _interval(interval: str) -> str:
    return f"SENTIMENT_INTERVAL_{interval.upper()}"
