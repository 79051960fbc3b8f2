"""`qpo portfolio`: portfolios, what they hold, and rebalancing them."""

from datetime import date
from typing import Annotated
from uuid import uuid4

from cyclopts import App, Parameter
from google.protobuf.field_mask_pb2 import FieldMask
from qpo.portfolio.v1.portfolio_pb2 import Portfolio, Strategy
from qpo.portfolio.v1.portfolio_service_pb2 import (
    CreatePortfolioRequest,
    DeletePortfolioRequest,
    GetPortfolioRequest,
    ListHoldingsRequest,
    ListPortfoliosRequest,
    RebalancePortfolioRequest,
    UpdatePortfolioRequest,
)
from qpo.types.v1.decimal_pb2 import Decimal

from clients.cli import portfolio_tables as tables
from clients.cli.dates import session
from clients.cli.mandate import (
    NO_ESTIMATE,
    NO_GOAL,
    NO_LIMITS,
    EstimateOptions,
    GoalOptions,
    LimitOptions,
    symbols_of,
)
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import note, show
from clients.cli.problem import USAGE, Problem
from clients.cli.universe import symbols_in

app = App(name="portfolio", help="Create portfolios, see what they hold, rebalance them to the optimum.")

Symbols = Annotated[tuple[str, ...], Parameter(negative=())]
Flag = Annotated[bool, Parameter(negative=())]


@app.command
def create(
    name: str,
    /,
    *,
    cash: str = "0",
    dataset: str = "",
    symbols: Symbols = (),
    goal: GoalOptions = NO_GOAL,
    limits: LimitOptions = NO_LIMITS,
    estimate: EstimateOptions = NO_ESTIMATE,
    request_id: str = "",
    validate_only: Flag = False,
    options: Options = DEFAULTS,
) -> None:
    """Create a portfolio, all in cash.

    ```
    qpo portfolio create "Retirement" --cash 100000 --dataset mine --symbols AAPL,MSFT,JNJ --max-weight 0.5
    ```

    Parameters
    ----------
    name
        A name for people.
    cash
        The cash to start with, in USD with at most two decimals; without it none.
    dataset
        The dataset of prices that it is estimated and valued from; needed to rebalance.
    symbols
        What it may hold, e.g. AAPL,MSFT; without it all of the dataset.
    request_id
        A UUID that makes the command safe to repeat; without it a new one is made.
    validate_only
        Check everything, create nothing.
    """
    request = CreatePortfolioRequest(
        name=name,
        strategy=Strategy(
            goal=goal.message(), universe=symbols_of(symbols), dataset=dataset, estimation=estimate.message()
        ),
        constraints=limits.message(),
        initial_cash=Decimal(value=cash.replace(",", "").replace("_", "")),
        request_id=request_id or str(uuid4()),
        validate_only=validate_only,
    )
    with options.open() as edge:
        if dataset and not request.strategy.universe:
            request.strategy.universe.extend(symbols_in(edge, dataset))
        answer = edge.portfolios.CreatePortfolio(request)
    show(answer, options.output, lambda made: tables.portfolio(made.portfolio))


@app.command
def get(portfolio_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Show a portfolio with its holdings.

    Parameters
    ----------
    portfolio_id
        The portfolio's id, as `qpo portfolio list` prints it.
    """
    with options.open() as edge:
        answer = edge.portfolios.GetPortfolio(GetPortfolioRequest(portfolio_id=portfolio_id))
    show(answer, options.output, lambda found: tables.portfolio(found.portfolio))


@app.command(name="list")
def list_(*, page_size: int = 50, page_token: str = "", options: Options = DEFAULTS) -> None:
    """List your portfolios, newest first.

    Parameters
    ----------
    page_size
        Portfolios per page, at most 1000; without it 50.
    page_token
        The token that the page before ended with.
    """
    with options.open() as edge:
        answer = edge.portfolios.ListPortfolios(ListPortfoliosRequest(page_size=page_size, page_token=page_token))
    show(answer, options.output, tables.portfolios)


@app.command
def update(
    portfolio_id: str,
    /,
    *,
    name: str | None = None,
    dataset: str | None = None,
    symbols: Symbols = (),
    goal: GoalOptions = NO_GOAL,
    limits: LimitOptions = NO_LIMITS,
    estimate: EstimateOptions = NO_ESTIMATE,
    etag: str = "",
    options: Options = DEFAULTS,
) -> None:
    """Change what you name, leave the rest as it is.

    ```
    qpo portfolio update 0199… --name "Rainy day" --objective risk
    ```

    Goal, constraints and estimation are each replaced whole by what you give of them.

    Parameters
    ----------
    portfolio_id
        The portfolio's id.
    name
        Its new name.
    dataset
        Its new dataset.
    symbols
        What it may hold from now on.
    etag
        Change it only if nobody has since you read it; `qpo portfolio get` prints the etag.
    """
    changes = {
        "name": name,
        "strategy.dataset": dataset,
        "strategy.universe": symbols_of(symbols) or None,
        "strategy.goal": goal.message(),
        "strategy.estimation": estimate.message(),
        "constraints": limits.message(),
    }
    paths = [path for path, value in changes.items() if value is not None]
    if not paths:
        raise Problem("nothing to change", [("", "say what, e.g. --name or --objective")], exit_code=USAGE)
    strategy = Strategy(
        goal=goal.message(), universe=symbols_of(symbols), dataset=dataset, estimation=estimate.message()
    )
    changed = Portfolio(name=name or "", strategy=strategy, constraints=limits.message(), etag=etag)
    request = UpdatePortfolioRequest(portfolio_id=portfolio_id, portfolio=changed, update_mask=FieldMask(paths=paths))
    with options.open() as edge:
        answer = edge.portfolios.UpdatePortfolio(request)
    show(answer, options.output, lambda done: tables.portfolio(done.portfolio))


@app.command
def delete(portfolio_id: str, /, *, etag: str = "", options: Options = DEFAULTS) -> None:
    """Delete a portfolio with its holdings.

    Parameters
    ----------
    portfolio_id
        The portfolio's id.
    etag
        Delete it only if nobody has changed it since you read it.
    """
    with options.open() as edge:
        edge.portfolios.DeletePortfolio(DeletePortfolioRequest(portfolio_id=portfolio_id, etag=etag))
    note(f"[green]✓[/] {portfolio_id} is deleted")


@app.command
def holdings(portfolio_id: str, /, *, as_of: date | None = None, options: Options = DEFAULTS) -> None:
    """Show what a portfolio holds, and what that is worth.

    Parameters
    ----------
    portfolio_id
        The portfolio's id.
    as_of
        Value it at the last close on or before this day, YYYY-MM-DD; without it, as at the last rebalance.
    """
    request = ListHoldingsRequest(portfolio_id=portfolio_id, as_of=session(as_of))
    with options.open() as edge:
        answer = edge.portfolios.ListHoldings(request)
    show(answer, options.output, tables.valued)


@app.command
def rebalance(
    portfolio_id: str,
    /,
    *,
    as_of: date | None = None,
    etag: str = "",
    request_id: str = "",
    validate_only: Flag = False,
    options: Options = DEFAULTS,
) -> None:
    """Buy and sell so that the portfolio stands at the optimum of its strategy.

    ```
    qpo portfolio rebalance 0199… --validate-only    # what would it do?
    qpo portfolio rebalance 0199…
    ```

    Parameters
    ----------
    portfolio_id
        The portfolio's id.
    as_of
        Estimate and value at the last close on or before this day, YYYY-MM-DD.
    etag
        Rebalance it only if nobody has changed it since you read it.
    request_id
        A UUID that makes the command safe to repeat; without it a new one is made.
    validate_only
        Compute everything, write nothing.
    """
    request = RebalancePortfolioRequest(
        portfolio_id=portfolio_id,
        as_of=session(as_of),
        etag=etag,
        request_id=request_id or str(uuid4()),
        validate_only=validate_only,
    )
    with options.open() as edge:
        answer = edge.portfolios.RebalancePortfolio(request)
    show(answer, options.output, tables.rebalanced)
