"""`qpo frontier`: what return costs in risk, as a table and as a picture."""

from typing import Annotated, Literal

from cyclopts import Parameter
from qpo.optimizer.v1.optimizer_service_pb2 import SolveFrontierRequest
from qpo.portfolio.v1.portfolio_pb2 import Portfolio

from clients.cli.arguments import Dataset, Png, PortfolioId, Symbols
from clients.cli.chosen import Chosen, stored, where_it_stands
from clients.cli.console import drawn
from clients.cli.current import AS_STORED, CurrentOptions
from clients.cli.limits import NO_LIMITS, LimitOptions
from clients.cli.mandate import NO_ESTIMATE, EstimateOptions, symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import show
from clients.cli.plots import frontier_chart
from clients.cli.question import source
from clients.cli.watch_frontier import watched

Stored = Annotated[
    PortfolioId,
    Parameter(help="A stored portfolio: the frontier of its universe under its constraints, and where it stands."),
]


def frontier(
    portfolio_id: Stored = "",
    /,
    *,
    dataset: Dataset = "",
    symbols: Symbols = (),
    points: int = 50,
    risk_free_rate: float = 0.0,
    risk_measure: Literal["volatility", "tracking-error", "cvar"] = "volatility",
    limits: LimitOptions = NO_LIMITS,
    estimate: EstimateOptions = NO_ESTIMATE,
    current: CurrentOptions = AS_STORED,
    live: bool = False,
    png: Png = None,
    options: Options = DEFAULTS,
) -> None:
    """Show the efficient frontier: the least risk for each expected return.

    ```
    qpo frontier --dataset mine --png frontier.png
    qpo frontier --dataset mine --symbols AAPL,MSFT,JNJ,XOM --max-weight 0.4
    qpo frontier 0199…                                   # where does my portfolio stand?
    qpo frontier --dataset mine --risk-measure cvar --cvar-confidence 0.99
    qpo frontier --dataset mine --max-assets 5 --min-weight 0.05 --live
    ```

    Needs the scope `run:optimization`, and for a portfolio `read:portfolio` too. Prints a chart, then about a dozen of
    the portfolios on the frontier; -o json has them all.

    Parameters
    ----------
    points
        Number of portfolios on the frontier, 2 to 500, at equal steps of expected return; without it 50.
    risk_free_rate
        Risk-free rate per year, for the Sharpe ratios; without it 0.
    risk_measure
        What is least: volatility, the tracking error against --benchmark, or the mean loss of the worst sessions.
    live
        Show how many points are found while the frontier is being solved.
    """
    with options.open() as edge:
        it = stored(edge, portfolio_id)
        name = options.dataset(dataset or it.strategy.dataset)
        request = SolveFrontierRequest(
            source=source(
                name,
                symbols_of(symbols) or list(it.strategy.universe),
                estimate.message() or (it.strategy.estimation if it.strategy.HasField("estimation") else None),
            ),
            constraints=limits.message(risk_measure) or (it.constraints if it.HasField("constraints") else None),
            current_weights=current.weights() or _held(it),
            points=points,
            risk_free_rate=risk_free_rate,
            risk_measure=f"RISK_MEASURE_{risk_measure.upper().replace('-', '_')}",
            cvar_confidence=limits.cvar_confidence if risk_measure == "cvar" else 0.0,
        )
        answer = watched(edge, request) if live else edge.optimizer.SolveFrontier(request)
        chosen: Chosen | None = where_it_stands(edge, it, request.source.universe) if it.holdings else None
    if png is not None:
        from clients.cli.plots import frontier_png

        note = f"Prices: dataset {name}"
        frontier_png.draw(answer, png, source_note=note, risk_free_rate=risk_free_rate, chosen=chosen)
        drawn(png)
    show(answer, options.format, lambda found: frontier_chart.look(found, chosen))


def _held(it: Portfolio) -> dict[str, float]:
    return {held.symbol: float(held.weight.value or 0) for held in it.holdings}
