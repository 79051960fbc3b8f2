"""`qpo prices`: daily prices in, bars and returns out."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from qpo.marketdata.v1.marketdata_service_pb2 import (
    GetReturnsRequest,
    IngestHeader,
    ListBarsRequest,
    ListDatasetsRequest,
    ListInstrumentsRequest,
)

from clients.cli import prices_tables as tables
from clients.cli.dates import session
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import show
from clients.cli.upload import format_of, upload

app = App(name="prices", help="Import daily prices, and read what is stored.")

Symbols = Annotated[tuple[str, ...], Parameter(negative=())]


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    dataset: str,
    layout: Literal["wide", "long"] | None = None,
    currency: str = "USD",
    shared: Annotated[bool, Parameter(negative=())] = False,
    validate_only: Annotated[bool, Parameter(negative=())] = False,
    defects: int = 20,
    options: Options = DEFAULTS,
) -> None:
    """Import daily prices; what cannot be kept is listed by line with its reason, the rest is stored.

    ```
    qpo prices import closes.csv.gz --dataset mine             # date,AAPL,MSFT,…
    qpo prices import bars.parquet --dataset mine --layout long # date,symbol,close,…
    qpo prices import closes.csv --dataset mine --validate-only
    ```

    Parameters
    ----------
    file
        CSV, gzipped CSV or Parquet.
    dataset
        Name of the dataset: lower-case letters, digits, hyphens. It is made if you have none of that name.
    layout
        wide: a date column, then one column of closes per symbol. long: one row per bar with date, symbol, close.
        Without it: long if there is a symbol column.
    currency
        Currency of all prices; without it USD.
    shared
        Let every user of the installation read the dataset, if this import makes it.
    validate_only
        Read and report, store nothing.
    defects
        How many defects to print; without it 20.
    """
    header = IngestHeader(
        dataset=dataset,
        format=format_of(file),
        layout=f"PRICE_LAYOUT_{(layout or 'unspecified').upper()}",
        currency=currency,
        visibility="VISIBILITY_SHARED" if shared else "VISIBILITY_PRIVATE",
        validate_only=validate_only,
    )
    with options.open() as edge:
        answer = upload(edge, file, header, timeout=max(options.timeout, 300.0))
    show(answer, options.output, lambda report: tables.imported(report, limit=defects))


@app.command
def datasets(*, page_size: int = 50, page_token: str = "", options: Options = DEFAULTS) -> None:
    """List the datasets that you may read.

    Parameters
    ----------
    page_size
        Datasets per page, at most 1000; without it 50.
    page_token
        The token that the page before ended with.
    """
    with options.open() as edge:
        answer = edge.marketdata.ListDatasets(ListDatasetsRequest(page_size=page_size, page_token=page_token))
    show(answer, options.output, tables.datasets)


@app.command
def instruments(dataset: str, /, *, page_size: int = 200, page_token: str = "", options: Options = DEFAULTS) -> None:
    """List a dataset's instruments and how much history each has.

    Parameters
    ----------
    dataset
        The dataset's name or id.
    page_size
        Instruments per page, at most 1000; without it 200.
    page_token
        The token that the page before ended with.
    """
    request = ListInstrumentsRequest(dataset=dataset, page_size=page_size, page_token=page_token)
    with options.open() as edge:
        answer = edge.marketdata.ListInstruments(request)
    show(answer, options.output, tables.instruments)


@app.command
def bars(
    dataset: str,
    /,
    *,
    symbols: Symbols = (),
    start: date | None = None,
    end: date | None = None,
    page_size: int = 50,
    page_token: str = "",
    options: Options = DEFAULTS,
) -> None:
    """List bars, session by session.

    ```
    qpo prices bars mine --symbols AAPL,MSFT --start 2022-12-01
    ```

    Parameters
    ----------
    dataset
        The dataset's name or id.
    symbols
        Which symbols, e.g. AAPL,MSFT; without it all.
    start
        First session, YYYY-MM-DD.
    end
        Last session, YYYY-MM-DD.
    page_size
        Bars per page, at most 1000; without it 50.
    page_token
        The token that the page before ended with.
    """
    request = ListBarsRequest(
        dataset=dataset,
        symbols=symbols_of(symbols),
        start=session(start),
        end=session(end),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.marketdata.ListBars(request)
    show(answer, options.output, tables.bars)


@app.command
def returns(
    dataset: str,
    /,
    *,
    symbols: Symbols = (),
    end: date | None = None,
    lookback: int = 0,
    options: Options = DEFAULTS,
) -> None:
    """Show what simple returns a window holds: how many, their mean and volatility per year, what is missing.

    Parameters
    ----------
    dataset
        The dataset's name or id.
    symbols
        Which symbols, e.g. AAPL,MSFT; without it all.
    end
        Last session of the window, YYYY-MM-DD; without it the dataset's last.
    lookback
        Number of returns; 0 means 756, three years.
    """
    request = GetReturnsRequest(dataset=dataset, symbols=symbols_of(symbols), end=session(end), lookback=lookback)
    with options.open() as edge:
        answer = edge.marketdata.GetReturns(request)
    show(answer, options.output, tables.returns)
