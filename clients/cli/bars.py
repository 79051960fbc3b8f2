"""`qpo bars`: what ticks were rolled up to."""

import time
from contextlib import closing
from datetime import datetime
from typing import Annotated, Literal

from cyclopts import App, Parameter
from qpo.marketdata.v1.marketdata_service_pb2 import (
    ListTickBarsRequest,
    ListTickBarsResponse,
    SubscribeBarsRequest,
)
from qpo.marketdata.v1.prices_pb2 import TickBar
from rich.console import RenderableType

from clients.cli.arguments import Adjust, Dataset, KnownAt, PageSize, PageToken, Png, Symbols, adjustment
from clients.cli.console import drawn, stdout
from clients.cli.dates import stamp
from clients.cli.interrupt import until_interrupted
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import append_content, content, grid, moment, show
from clients.cli.plots import candles_chart
from clients.cli.prices_tables import next_page
from clients.cli.tape import resumed

app = App(name="bars", help="See the bars that ticks were rolled up to; draw them.")

Interval = Annotated[
    Literal["1m", "5m", "1h", "1d"],
    Parameter(help="How long a bar is: of 1m the last 7 days are kept, of 5m 30 days, of 1h a year, of 1d 10 years."),
]
MOST = 1000  # bars of a picture


@app.command(name="list")
def list_(
    dataset: Dataset = "",
    /,
    *,
    interval: Interval = "1m",
    symbols: Symbols = (),
    start: datetime | None = None,
    end: datetime | None = None,
    adjust: Adjust = "none",
    known_at: KnownAt = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List bars that are closed, by time.

    ```
    qpo bars list mine --interval 5m --symbols AAPL
    ```

    Needs the scope `read:marketdata`. Prints one row per bar.

    Parameters
    ----------
    start
        Bars that start then or later, UTC.
    end
        Bars that start before then, UTC.
    """
    request = ListTickBarsRequest(
        dataset=options.dataset(dataset),
        interval=_interval(interval),
        symbols=symbols_of(symbols),
        start=stamp(start),
        end=stamp(end),
        as_of=stamp(known_at),
        adjustment=adjustment(adjust),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.marketdata.ListTickBars(request)
    show(answer, options.format, _table)


@app.command
def watch(
    dataset: Dataset = "",
    /,
    *,
    interval: Interval = "1m",
    symbols: Symbols = (),
    seconds: float = 0.0,
    options: Options = DEFAULTS,
) -> None:
    """Watch bars as they close, until Ctrl-C; a stream that is cut is taken up where it was.

    ```
    qpo bars watch mine --interval 1m --symbols AAPL
    ```

    Needs the scope `read:marketdata`. Prints a row per bar, first the newest of each symbol; with -o json one line per
    message, with -o yaml one document.

    Parameters
    ----------
    seconds
        Stop after this long; 0 means never.
    """
    until = time.monotonic() + seconds if seconds else None
    request = SubscribeBarsRequest(
        dataset=options.dataset(dataset), interval=_interval(interval), symbols=symbols_of(symbols)
    )
    with (
        options.open() as edge,
        until_interrupted() as interrupted,
        closing(resumed(edge.marketdata.SubscribeBars, request, until)) as stream,
    ):
        for message in stream:
            if options.format != "table":
                append_content(content(message), options.format)
            for bar in message.bars if options.format == "table" else ():
                stdout().print("  ".join(_row(bar)), highlight=False)
            if interrupted.is_set():
                break


@app.command
def plot(
    symbol: str,
    dataset: Dataset = "",
    /,
    *,
    interval: Interval = "1m",
    start: datetime | None = None,
    end: datetime | None = None,
    adjust: Adjust = "none",
    png: Png = None,
    options: Options = DEFAULTS,
) -> None:
    """Draw a symbol's bars as candles: from low to high, and thick between open and close.

    ```
    qpo bars plot AAPL mine --interval 5m
    qpo bars plot AAPL mine --interval 5m --png aapl.png
    ```

    Needs the scope `read:marketdata`. Prints a chart of the first 1,000 bars from the start on.

    Parameters
    ----------
    symbol
        The symbol.
    start
        Bars that start then or later, UTC.
    end
        Bars that start before then, UTC.
    """
    name = options.dataset(dataset)
    request = ListTickBarsRequest(
        dataset=name,
        interval=_interval(interval),
        symbols=[symbol],
        start=stamp(start),
        end=stamp(end),
        adjustment=adjustment(adjust),
        page_size=MOST,
    )
    with options.open() as edge:
        answer = edge.marketdata.ListTickBars(request)
    if png is not None:
        from clients.cli.plots import candles_png

        candles_png.draw(answer.bars, png, f"{symbol}, {interval}", source_note=f"Ticks of dataset {name}")
        drawn(png)
    show(answer, options.format, lambda found: candles_chart.chart(found.bars, f"{symbol}, bars of {interval}"))


def _interval(text: str) -> str:
    return f"BAR_INTERVAL_{text.upper()}"


def _table(page: ListTickBarsResponse) -> RenderableType:
    rows = [_row(bar) for bar in page.bars]
    columns = ("start", "symbol", ">open", ">high", ">low", ">close", ">volume", ">ticks")
    return grid(columns, rows, note=next_page(page.next_page_token))


def _row(bar: TickBar) -> tuple[str, ...]:
    prices = (f"{price:,.4f}" for price in (bar.open, bar.high, bar.low, bar.close))
    return moment(bar.start), bar.symbol, *prices, f"{bar.volume:,.0f}", f"{bar.ticks:,}"
