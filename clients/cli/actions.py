"""`qpo actions`: splits and dividends, by which prices before and after them compare."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from cyclopts import App
from qpo.marketdata.v1.marketdata_service_pb2 import (
    ListCorporateActionsRequest,
    ListCorporateActionsResponse,
    UpdateCorporateActionsRequest,
    UpdateCorporateActionsResponse,
)
from qpo.marketdata.v1.prices_pb2 import CorporateAction
from rich.console import RenderableType

from clients.cli.arguments import Dataset, KnownAt, PageSize, PageToken, Symbols
from clients.cli.dates import session, stamp
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import day, grid, moment, show
from clients.cli.prices_tables import next_page
from clients.cli.problem import Problem

app = App(name="actions", help="Say when units were split and dividends paid; bars are adjusted for it.")

_NEEDED = ("symbol", "ex_date")
_NUMBERS = ("split_ratio", "dividend")
_FORM = "begin with a header line of symbol, ex_date and any of split_ratio, dividend; then a line per action"


@app.command(name="list")
def list_(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    known_at: KnownAt = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List splits and dividends.

    ```
    qpo actions list mine --symbols AAPL
    ```

    Needs the scope `read:marketdata`. Prints one row per symbol and ex-date.
    """
    request = ListCorporateActionsRequest(
        dataset=options.dataset(dataset),
        symbols=symbols_of(symbols),
        as_of=stamp(known_at),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.marketdata.ListCorporateActions(request)
    show(answer, options.format, _page)


@app.command(name="set")
def set_(dataset: Dataset = "", /, *, file: Path, options: Options = DEFAULTS) -> None:
    """Say when units were split and dividends paid.

    ```
    qpo actions set mine --file actions.csv                    # symbol,ex_date,split_ratio,dividend
    qpo prices bars mine --adjust all
    ```

    Needs the scope `write:marketdata` and a dataset of your own. All lines are taken or none. Stored prices stay as
    they are: `--adjust` says how they are shown. Prints the actions.

    Parameters
    ----------
    file
        CSV with a header line: symbol, ex_date (YYYY-MM-DD), and any of split_ratio (new units for an old one: 2 for
        two for one), dividend (per unit held before). A line with neither takes back what was said.
    """
    request = UpdateCorporateActionsRequest(dataset=options.dataset(dataset), actions=_actions_in(file))
    with options.open() as edge:
        answer = edge.marketdata.UpdateCorporateActions(request)
    show(answer, options.format, _updated)


def _actions_in(file: Path) -> list[CorporateAction]:
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    with file.open(newline="", encoding="utf-8-sig") as lines:
        rows = csv.DictReader(lines)
        columns = rows.fieldnames or []
        if any(name not in columns for name in _NEEDED) or any(name not in _NEEDED + _NUMBERS for name in columns):
            raise Problem(f"{file.name} has the columns {', '.join(columns) or 'of no header'}", [("--file", _FORM)])
        found = list(_actions(rows, file.name))
    if not found:
        raise Problem(f"{file.name} holds no actions", [("--file", _FORM)])
    return found


def _actions(rows: "csv.DictReader[str]", name: str) -> Iterator[CorporateAction]:
    for row in rows:
        try:
            action = CorporateAction(symbol=row["symbol"].strip(), ex_date=session(date.fromisoformat(row["ex_date"])))
        except (ValueError, TypeError, AttributeError) as error:
            raise Problem(f"{name}, line {rows.line_num} cannot be read: {error}", [("--file", _FORM)]) from None
        for field in _NUMBERS:
            if text := (row.get(field) or "").strip():
                getattr(action, field).value = text
        yield action


def _page(page: ListCorporateActionsResponse) -> RenderableType:
    return _table(page.actions, next_page(page.next_page_token))


def _updated(answer: UpdateCorporateActionsResponse) -> RenderableType:
    return _table(answer.actions)


def _table(actions: Iterable[CorporateAction], note: str = "") -> RenderableType:
    rows = (
        (
            *(each.symbol, day(each.ex_date), each.split_ratio.value or "–", each.dividend.value or "–"),
            moment(each.knowledge_time),
        )
        for each in actions
    )
    return grid(("symbol", "ex-date", ">units for one", ">dividend", "known since"), rows, note=note)
