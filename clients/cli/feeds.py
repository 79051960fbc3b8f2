"""`qpo feeds`: which vendors are asked for what, and how that goes."""

from datetime import timedelta
from typing import Annotated, Literal

from cyclopts import App, Parameter
from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1.feed_service_pb2 import (
    FeedTarget,
    ListFeedsRequest,
    ListSourcesRequest,
    StartFeedRequest,
    StopFeedRequest,
)

from clients.cli import feeds_tables as tables
from clients.cli.arguments import Dataset
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import show
from clients.cli.watching import ONCE, WatchOptions, look

app = App(name="feeds", help="Have vendors asked for data, again and again; see how that goes.")

Source = Annotated[
    Literal["alpha_vantage", "fmp", "fred", "news_api", "reddit"],
    Parameter(help="Who is asked; `qpo feeds sources` tells who can be."),
]
Kind = Annotated[
    Literal["intraday-bars", "daily-bars", "quotes", "fundamentals", "news", "posts", "macro-series"],
    Parameter(help="For what; one of the source's kinds."),
]


@app.command
def sources(*, every: WatchOptions = ONCE, options: Options = DEFAULTS) -> None:
    """List who can be asked for what, what it costs, and how each is faring.

    ```
    qpo feeds sources
    ```

    Needs the scope `read:marketdata`. Prints one row per source: whether the installation has a key for it, its calls
    of today and what they cost, and why it is not asked at the moment.
    """
    with options.open() as edge:
        look(lambda: edge.feeds.ListSources(ListSourcesRequest()), tables.sources, options, every)


@app.command
def status(dataset: Dataset = "", /, *, every: WatchOptions = ONCE, options: Options = DEFAULTS) -> None:
    """Show a dataset's feeds, and how each of their targets is faring.

    ```
    qpo feeds status mine --watch 2
    ```

    Needs the scope `read:marketdata`. Prints one row per target.
    """
    request = ListFeedsRequest(dataset=options.dataset(dataset))
    with options.open() as edge:
        look(lambda: edge.feeds.ListFeeds(request), tables.feeds, options, every)


@app.command
def start(
    source: Source,
    kind: Kind,
    symbols: Annotated[
        tuple[str, ...],
        Parameter(
            help="Symbols of the dataset, each perhaps with what the source calls it: AAPL BRK.B=BRK-B; of posts"
            " subreddits, of macro series their ids."
        ),
    ],
    /,
    *,
    dataset: Dataset = "",
    every: float = 0.0,
    options: Options = DEFAULTS,
) -> None:
    """Start a feed into a dataset of your own, or change the one of the same source and kind.

    ```
    qpo feeds start fmp quotes AAPL MSFT BRK.B=BRK-B --dataset mine
    qpo feeds start reddit posts investing stocks --dataset mine
    qpo feeds start fred macro-series CPIAUCSL --dataset mine
    ```

    Needs the scope `ingest:ticks`, since every call may cost money. Symbols of the feed that you do not name are
    dropped. Prints the feed.

    Parameters
    ----------
    every
        Seconds between two calls for the same symbol, at least 10; without it as often as there is something new and
        the day's budget lasts.
    """
    request = StartFeedRequest(
        dataset=options.dataset(dataset),
        source=source,
        kind=_kind(kind),
        targets=[_target(text) for text in symbols],
        every=_span(every),
    )
    with options.open() as edge:
        answer = edge.feeds.StartFeed(request)
    show(answer, options.format, tables.one)


@app.command
def stop(source: Source, kind: Kind, /, *, dataset: Dataset = "", options: Options = DEFAULTS) -> None:
    """Stop a feed; started again, it goes on where it was.

    ```
    qpo feeds stop fmp quotes --dataset mine
    ```

    Needs the scope `ingest:ticks`. Prints the feed.
    """
    request = StopFeedRequest(dataset=options.dataset(dataset), source=source, kind=_kind(kind))
    with options.open() as edge:
        answer = edge.feeds.StopFeed(request)
    show(answer, options.format, tables.one)


def _kind(name: str) -> str:
    return f"FEED_KIND_{name.upper().replace('-', '_')}"


def _target(text: str) -> FeedTarget:
    symbol, _, theirs = text.partition("=")
    return FeedTarget(symbol=symbol, vendor_symbol=theirs)


def _span(seconds: float) -> Duration | None:
    if not seconds:
        return None
    span = Duration()
    span.FromTimedelta(timedelta(seconds=seconds))
    return span
