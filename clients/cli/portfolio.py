"""`qpo portfolio`: portfolios, what they hold, and rebalancing them."""

from datetime import date
from uuid import uuid4

from cyclopts import App
from google.protobuf.field_mask_pb2 import FieldMask
from qpo.portfolio.v1.portfolio_pb2 import Portfolio
from qpo.portfolio.v1.portfolio_service_pb2 import (
    CreatePortfolioRequest,
    DeletePortfolioRequest,
    GetPortfolioRequest,
    ListHoldingsRequest,
    ListHoldingsResponse,
    ListPortfoliosRequest,
    RebalancePortfolioRequest,
    ReplacePortfolioRequest,
    UpdatePortfolioRequest,
)
from qpo.types.v1.decimal_pb2 import Decimal

from clients.cli import portfolio_tables as tables
from clients.cli.arguments import Etag, PageSize, PageToken, Png, PortfolioId, RequestId
from clients.cli.console import drawn, note
from clients.cli.dates import session
from clients.cli.options import DEFAULTS, DryRun, Options
from clients.cli.output import show as print_
from clients.cli.problem import USAGE, Problem
from clients.cli.question import NOTHING, Question
from clients.cli.universe import symbols_in
from clients.cli.watching import ONCE, WatchOptions, look

app = App(name="portfolio", help="Create portfolios, see what they hold, rebalance them to the optimum.")


@app.command
def create(
    name: str,
    /,
    *,
    cash: str = "0",
    question: Question = NOTHING,
    request_id: RequestId = "",
    dry_run: DryRun = False,
    options: Options = DEFAULTS,
) -> None:
    """Create a portfolio, all in cash.

    ```
    qpo portfolio create "Retirement" --cash 100000 --dataset mine --symbols AAPL,MSFT,JNJ --max-weight 0.5
    qpo portfolio create "Retirement" --cash 100000 --dataset mine --dry-run
    qpo portfolio create "Index" --dataset mine --benchmark AAPL=0.6,MSFT=0.4 --active-min -0.05 --active-max 0.05
    ```

    Needs the scope `write:portfolio`. Prints the portfolio with its new id. To be rebalanced it needs a dataset; its
    universe is what --symbols names, or all of the dataset.

    Parameters
    ----------
    name
        A name for people.
    cash
        The cash to start with, in USD with at most two decimals; without it none.
    dry_run
        Check everything and show the portfolio that would be created; create nothing.
    """
    dataset = options.profile_file.settings().dataset if question.dataset is None else question.dataset
    request = CreatePortfolioRequest(
        name=name,
        strategy=question.strategy(dataset),
        constraints=question.admitted(),
        initial_cash=Decimal(value=cash.replace(",", "").replace("_", "")),
        request_id=request_id or str(uuid4()),
        validate_only=dry_run,
    )
    with options.open() as edge:
        if dataset and not request.strategy.universe:
            request.strategy.universe.extend(symbols_in(edge, dataset))
        answer = edge.portfolios.CreatePortfolio(request)
    print_(answer, options.format, lambda made: tables.portfolio(made.portfolio))


@app.command(alias="get")
def show(portfolio_id: PortfolioId, /, *, every: WatchOptions = ONCE, options: Options = DEFAULTS) -> None:
    """Show a portfolio with its holdings.

    ```
    qpo portfolio show 0199…
    qpo portfolio show 0199… --watch 5
    ```

    Needs the scope `read:portfolio`. Prints its mandate, cash and etag, then its holdings with a bar for each weight.
    """
    request = GetPortfolioRequest(portfolio_id=portfolio_id)
    with options.open() as edge:
        look(lambda: edge.portfolios.GetPortfolio(request), lambda it: tables.portfolio(it.portfolio), options, every)


@app.command(name="list")
def list_(
    *,
    owner: str = "",
    page_size: PageSize = 50,
    page_token: PageToken = "",
    every: WatchOptions = ONCE,
    options: Options = DEFAULTS,
) -> None:
    """List your portfolios, newest first.

    ```
    qpo portfolio list
    qpo portfolio list --owner 0199…
    qpo portfolio list -o json | jq -r '.portfolios[].id'
    ```

    Needs the scope `read:portfolio`; with `read:all` everybody's are listed. Prints one row per portfolio.

    Parameters
    ----------
    owner
        List this user's, as far as you may see them: as an advisor a client's (`qpo admin links`). The user's id.
    """
    request = ListPortfoliosRequest(page_size=page_size, page_token=page_token, owner_id=owner)
    with options.open() as edge:
        look(lambda: edge.portfolios.ListPortfolios(request), tables.portfolios, options, every)


@app.command
def replace(
    portfolio_id: PortfolioId,
    name: str,
    /,
    *,
    question: Question = NOTHING,
    etag: Etag = "",
    request_id: RequestId = "",
    options: Options = DEFAULTS,
) -> None:
    """Replace a portfolio's name, strategy and constraints whole: what you leave out goes back to its default.

    ```
    qpo portfolio replace 0199… "Rainy day" --dataset mine --symbols AAPL,JNJ --objective risk
    ```

    Needs the scope `write:portfolio`. Prints the portfolio; cash and holdings stay. To change a part, use `update`.

    Parameters
    ----------
    name
        Its name from now on.
    """
    strategy = question.strategy(question.dataset or "")
    whole = Portfolio(name=name, strategy=strategy, constraints=question.admitted(), etag=etag)
    request = ReplacePortfolioRequest(portfolio_id=portfolio_id, portfolio=whole, request_id=request_id or str(uuid4()))
    with options.open() as edge:
        answer = edge.portfolios.ReplacePortfolio(request)
    print_(answer, options.format, lambda done: tables.portfolio(done.portfolio))


@app.command
def update(
    portfolio_id: PortfolioId,
    /,
    *,
    name: str | None = None,
    question: Question = NOTHING,
    etag: Etag = "",
    request_id: RequestId = "",
    options: Options = DEFAULTS,
) -> None:
    """Change what you name, leave the rest as it is.

    ```
    qpo portfolio update 0199… --name "Rainy day" --objective risk
    ```

    Needs the scope `write:portfolio`. Prints the portfolio after the change. Goal, constraints, estimation and costs
    are each replaced whole by what you give of them.

    Parameters
    ----------
    name
        Its new name.
    """
    strategy = question.strategy(question.dataset or "")
    limits = question.admitted()
    named = {
        "name": name is not None,
        "strategy.dataset": question.dataset is not None,
        "strategy.universe": bool(strategy.universe),
        "strategy.goal": strategy.HasField("goal"),
        "strategy.estimation": strategy.HasField("estimation"),
        "strategy.costs": strategy.HasField("costs"),
        "constraints": limits is not None,
    }
    paths = [path for path, given in named.items() if given]
    if not paths:
        raise Problem("nothing to change", [("", "say what, e.g. --name or --objective")], exit_code=USAGE)
    changed = Portfolio(name=name or "", strategy=strategy, constraints=limits, etag=etag)
    request = UpdatePortfolioRequest(
        portfolio_id=portfolio_id,
        portfolio=changed,
        update_mask=FieldMask(paths=paths),
        request_id=request_id or str(uuid4()),
    )
    with options.open() as edge:
        answer = edge.portfolios.UpdatePortfolio(request)
    print_(answer, options.format, lambda done: tables.portfolio(done.portfolio))


@app.command
def delete(
    portfolio_id: PortfolioId, /, *, etag: Etag = "", request_id: RequestId = "", options: Options = DEFAULTS
) -> None:
    """Delete a portfolio with its holdings.

    ```
    qpo portfolio delete 0199…
    ```

    Needs the scope `write:portfolio`. Prints nothing but a note.
    """
    request = DeletePortfolioRequest(portfolio_id=portfolio_id, etag=etag, request_id=request_id or str(uuid4()))
    with options.open() as edge:
        edge.portfolios.DeletePortfolio(request)
    note(f"[green]✓[/] {portfolio_id} is deleted")


@app.command
def holdings(
    portfolio_id: PortfolioId,
    /,
    *,
    as_of: date | None = None,
    png: Png = None,
    every: WatchOptions = ONCE,
    options: Options = DEFAULTS,
) -> None:
    """Show what a portfolio holds, and what that is worth.

    ```
    qpo portfolio holdings 0199… --as-of 2022-12-28
    qpo portfolio holdings 0199… --png holdings.png
    ```

    Needs the scope `read:portfolio`. Prints one row per holding, then cash and net asset value.

    Parameters
    ----------
    as_of
        Value it at the last close on or before this day, YYYY-MM-DD; without it, as at the last rebalance.
    """
    request = ListHoldingsRequest(portfolio_id=portfolio_id, as_of=session(as_of))
    with options.open() as edge:

        def ask() -> ListHoldingsResponse:
            answer: ListHoldingsResponse = edge.portfolios.ListHoldings(request)
            if png is not None:
                from clients.cli.plots import weights_png

                weights_png.draw_holdings(answer, png)
            return answer

        look(ask, tables.valued, options, every)
    if png is not None:
        drawn(png)


@app.command
def rebalance(
    portfolio_id: PortfolioId,
    /,
    *,
    as_of: date | None = None,
    etag: Etag = "",
    request_id: RequestId = "",
    dry_run: DryRun = False,
    png: Png = None,
    options: Options = DEFAULTS,
) -> None:
    """Buy and sell so that the portfolio stands at the optimum of its strategy.

    ```
    qpo portfolio rebalance 0199… --dry-run    # what would it do?
    qpo portfolio rebalance 0199… --png trades.png
    ```

    Needs the scope `write:portfolio`, and a portfolio with a dataset and a universe. Prints the trades, every weight
    before and after, and what the new weights promise.

    Parameters
    ----------
    as_of
        Estimate and value at the last close on or before this day, YYYY-MM-DD.
    dry_run
        Compute everything and show what would be traded; write nothing.
    """
    request = RebalancePortfolioRequest(
        portfolio_id=portfolio_id,
        as_of=session(as_of),
        etag=etag,
        request_id=request_id or str(uuid4()),
        validate_only=dry_run,
    )
    with options.open() as edge:
        answer = edge.portfolios.RebalancePortfolio(request)
    if png is not None:
        from clients.cli.plots import trades_png

        trades_png.draw(answer, png)
        drawn(png)
    print_(answer, options.format, tables.rebalanced)
