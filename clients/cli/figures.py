"""`qpo figures`: what companies report, and how the economy does."""

from datetime import date
from typing import Annotated

from cyclopts import App, Parameter
from qpo.marketdata.v1.alternative_data_service_pb2 import (
    ListFundamentalsRequest,
    ListFundamentalsResponse,
    ListMacroObservationsRequest,
    ListMacroObservationsResponse,
)
from rich.console import RenderableType

from clients.cli.arguments import Dataset, KnownAt, PageSize, PageToken, Symbols
from clients.cli.dates import session, stamp
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import day, grid, moment, show
from clients.cli.prices_tables import next_page

app = App(name="figures", help="See what companies report, and how the economy does.")


@app.command
def fundamentals(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    metrics: Annotated[
        tuple[str, ...], Parameter(negative=(), help="Which figures, e.g. revenue,net_income; without it all.")
    ] = (),
    known_at: KnownAt = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List figures of companies, as a feed of fundamentals brought them.

    ```
    qpo figures fundamentals mine --symbols AAPL --metrics revenue,net_income
    ```

    Needs the scope `read:marketdata`. Prints one row per symbol, figure and period.
    """
    request = ListFundamentalsRequest(
        dataset=options.dataset(dataset),
        symbols=symbols_of(symbols),
        metrics=_named(metrics),
        as_of=stamp(known_at),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.alternative.ListFundamentals(request)
    show(answer, options.format, _fundamentals)


@app.command
def macro(
    dataset: Dataset = "",
    /,
    *,
    series: Annotated[
        tuple[str, ...], Parameter(negative=(), help="Which series, e.g. CPIAUCSL,GDP; without it all.")
    ] = (),
    start: date | None = None,
    end: date | None = None,
    known_at: KnownAt = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List observations of series of the economy, as a feed brought them.

    ```
    qpo figures macro mine --series CPIAUCSL --start 2026-01-01
    ```

    Needs the scope `read:marketdata`. Prints one row per observation.

    Parameters
    ----------
    start
        Of this day or later, YYYY-MM-DD.
    end
        Of this day or earlier, YYYY-MM-DD.
    """
    request = ListMacroObservationsRequest(
        dataset=options.dataset(dataset),
        series=_named(series),
        start=session(start),
        end=session(end),
        as_of=stamp(known_at),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.alternative.ListMacroObservations(request)
    show(answer, options.format, _macro)


def _named(typed: tuple[str, ...]) -> list[str]:
    return [name for text in typed for name in text.split(",") if name]


def _fundamentals(page: ListFundamentalsResponse) -> RenderableType:
    rows = (
        (
            *(each.symbol, each.metric, each.period, day(each.period_end), each.value.value, each.currency),
            *(moment(each.published_at), each.source),
        )
        for each in page.fundamentals
    )
    columns = ("symbol", "figure", "period", "ends", ">value", "currency", "published", "source")
    return grid(columns, rows, note=next_page(page.next_page_token))


def _macro(page: ListMacroObservationsResponse) -> RenderableType:
    rows = ((each.series, day(each.date), each.value.value, each.source) for each in page.observations)
    return grid(("series", "date", ">value", "source"), rows, note=next_page(page.next_page_token))
