"""`qpo prices`: daily prices in, bars and returns out."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from qpo.marketdata.v1.marketdata_service_pb2 import (
    GetReturnsRequest,
    IngestHeader,
    ListBarsRequest,
    ListClosesRequest,
    ListDatasetsRequest,
    ListInstrumentsRequest,
    UpdateInstrumentsRequest,
)

from clients.cli import prices_tables as tables
from clients.cli.arguments import Adjust, Dataset, KnownAt, PageSize, PageToken, Png, Symbols, adjustment
from clients.cli.classes import updates_in
from clients.cli.console import drawn
from clients.cli.dates import session, stamp
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, DryRun, Flag, Options
from clients.cli.output import show
from clients.cli.plots import history_chart
from clients.cli.plots.history import MOST, histories
from clients.cli.universe import symbols_in
from clients.cli.upload import format_of, upload
from clients.cli.watching import ONCE, WatchOptions, look

app = App(name="prices", help="Import daily prices, and read what is stored.")

Into = Annotated[
    Dataset,
    Parameter(
        help="Name of the dataset: lower-case letters, digits, hyphens; it is made if you have none of that name."
    ),
]


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    dataset: Into = "",
    layout: Literal["wide", "long"] | None = None,
    currency: str = "USD",
    shared: Flag = False,
    dry_run: DryRun = False,
    defects: int = 20,
    options: Options = DEFAULTS,
) -> None:
    """Import daily prices; what cannot be kept is listed by line with its reason, the rest is stored.

    ```
    qpo prices import closes.csv.gz --dataset mine             # date,AAPL,MSFT,…
    qpo prices import bars.parquet --dataset mine --layout long # date,symbol,close,…
    qpo prices import closes.csv --dataset mine --dry-run
    ```

    Needs the scope `write:marketdata` and a file with a header line. Prints what was stored, then the defects.

    Parameters
    ----------
    file
        CSV, gzipped CSV or Parquet.
    layout
        wide: a date column, then one column of closes per symbol. long: one row per bar with date, symbol, close.
        Without it: long if there is a symbol column.
    currency
        Currency of all prices; without it USD.
    shared
        Let every user of the installation read the dataset, if this import makes it.
    dry_run
        Read and report what would be stored and what would not; store nothing.
    defects
        How many defects to print; without it 20.
    """
    header = IngestHeader(
        dataset=options.dataset(dataset),
        format=format_of(file),
        layout=f"PRICE_LAYOUT_{(layout or 'unspecified').upper()}",
        currency=currency,
        visibility="VISIBILITY_SHARED" if shared else "VISIBILITY_PRIVATE",
        validate_only=dry_run,
    )
    with options.open() as edge:
        answer = upload(edge, file, header, timeout=max(options.timeout, 300.0))
    show(answer, options.format, lambda report: tables.imported(report, limit=defects))


@app.command
def datasets(
    *, page_size: PageSize = 50, page_token: PageToken = "", every: WatchOptions = ONCE, options: Options = DEFAULTS
) -> None:
    """List the datasets that you may read.

    ```
    qpo prices datasets
    ```

    Needs the scope `read:marketdata`. Prints one row per dataset: its span, its size and who may see it.
    """
    request = ListDatasetsRequest(page_size=page_size, page_token=page_token)
    with options.open() as edge:
        look(lambda: edge.marketdata.ListDatasets(request), tables.datasets, options, every)


@app.command
def instruments(
    dataset: Dataset = "", /, *, page_size: PageSize = 50, page_token: PageToken = "", options: Options = DEFAULTS
) -> None:
    """List a dataset's instruments and how much history each has.

    ```
    qpo prices instruments mine
    ```

    Needs the scope `read:marketdata`. Prints one row per instrument.
    """
    request = ListInstrumentsRequest(dataset=options.dataset(dataset), page_size=page_size, page_token=page_token)
    with options.open() as edge:
        answer = edge.marketdata.ListInstruments(request)
    show(answer, options.format, tables.instruments)


@app.command
def classify(dataset: Dataset = "", /, *, file: Path, options: Options = DEFAULTS) -> None:
    """Say of instruments what no price file says: name, sector, country, currency, round lot, market.

    ```
    qpo prices classify mine --file classes.csv                 # symbol,sector,country
    ```

    Needs the scope `write:marketdata` and a dataset of your own. All lines are taken or none; an empty cell leaves what
    is known as it is. Prints the instruments after it.

    Parameters
    ----------
    file
        CSV with a header line: symbol, and any of name, sector, country (two letters), currency, lot_size, mic.
    """
    request = UpdateInstrumentsRequest(dataset=options.dataset(dataset), updates=updates_in(file))
    with options.open() as edge:
        answer = edge.marketdata.UpdateInstruments(request)
    show(answer, options.format, tables.updated)


@app.command
def bars(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    start: date | None = None,
    end: date | None = None,
    adjust: Adjust = "none",
    known_at: KnownAt = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List bars, session by session, as they were or adjusted for splits and dividends.

    ```
    qpo prices bars mine --symbols AAPL,MSFT --start 2022-12-01
    ```

    Needs the scope `read:marketdata`. Prints one row per bar; what is not known is a dash.

    Parameters
    ----------
    start
        First session, YYYY-MM-DD.
    end
        Last session, YYYY-MM-DD.
    """
    request = ListBarsRequest(
        dataset=options.dataset(dataset),
        symbols=symbols_of(symbols),
        start=session(start),
        end=session(end),
        as_of=stamp(known_at),
        adjustment=adjustment(adjust),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.marketdata.ListBars(request)
    show(answer, options.format, tables.bars)


@app.command
def closes(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    on: date | None = None,
    known_at: KnownAt = None,
    options: Options = DEFAULTS,
) -> None:
    """Show each symbol's last close on or before a day: what holdings are valued at.

    ```
    qpo prices closes mine --on 2020-03-23
    ```

    Needs the scope `read:marketdata`. Prints one row per symbol; one that has no close in time is left out.

    Parameters
    ----------
    on
        The day, YYYY-MM-DD; without it the dataset's last.
    """
    request = ListClosesRequest(
        dataset=options.dataset(dataset), symbols=symbols_of(symbols), session=session(on), as_of=stamp(known_at)
    )
    with options.open() as edge:
        answer = edge.marketdata.ListCloses(request)
    show(answer, options.format, tables.closes)


@app.command
def returns(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    end: date | None = None,
    lookback: int = 0,
    known_at: KnownAt = None,
    options: Options = DEFAULTS,
) -> None:
    """Show what simple returns a window holds: how many, their mean and volatility per year, what is missing.

    ```
    qpo prices returns mine --symbols AAPL,MSFT --lookback 252
    ```

    Needs the scope `read:marketdata`. Prints one row per symbol; -o json has every return.

    Parameters
    ----------
    end
        Last session of the window, YYYY-MM-DD; without it the dataset's last.
    lookback
        Number of returns; 0 means 756, three years.
    """
    with options.open() as edge:
        answer = edge.marketdata.GetReturns(_window(options.dataset(dataset), symbols, end, lookback, known_at))
    show(answer, options.format, tables.returns)


@app.command
def plot(
    dataset: Dataset = "",
    /,
    *,
    symbols: Annotated[Symbols, Parameter(help=f"At most {MOST} symbols; without it the first {MOST}.")] = (),
    end: date | None = None,
    lookback: int = 0,
    png: Png = None,
    options: Options = DEFAULTS,
) -> None:
    """Draw how prices went: what 1 became, and how far below its peak it stood.

    ```
    qpo prices plot mine --symbols AAPL,JNJ,XOM --lookback 1260
    qpo prices plot mine --symbols AAPL,JNJ,XOM --lookback 1260 --png history.png
    ```

    Needs the scope `read:marketdata`. Prints a chart of up to 6 symbols and their worst drawdowns; json and yaml have
    the returns behind it.

    Parameters
    ----------
    end
        Last session, YYYY-MM-DD; without it the dataset's last.
    lookback
        Number of sessions; 0 means 756, three years.
    """
    name = options.dataset(dataset)
    with options.open() as edge:
        chosen = symbols_of(symbols) or symbols_in(edge, name)[:MOST]
        answer = edge.marketdata.GetReturns(_window(name, chosen, end, lookback))
    lines = histories(answer)
    if png is not None:
        from clients.cli.plots import history_png

        history_png.draw(lines, png, source_note=f"Prices: dataset {name}, adjusted closes")
        drawn(png)
    show(answer, options.format, lambda _: history_chart.chart(lines))


def _window(
    dataset: str, symbols: Sequence[str], end: date | None, lookback: int, known_at: datetime | None = None
) -> GetReturnsRequest:
    return GetReturnsRequest(
        dataset=dataset, symbols=symbols_of(symbols), end=session(end), lookback=lookback, as_of=stamp(known_at)
    )
