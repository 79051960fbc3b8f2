"""`qpo optimize`: the best weights, as a job that can be watched."""

from typing import Annotated
from uuid import uuid4

from cyclopts import App, Parameter
from qpo.optimizer.v1.optimizer_service_pb2 import (
    CancelOptimizationRequest,
    GetOptimizationResultRequest,
    GetOptimizationStatusRequest,
    ListOptimizationsRequest,
    OptimizeRequest,
)

from clients.cli import optimize_tables as tables
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
from clients.cli.output import show
from clients.cli.problem import USAGE, Problem
from clients.cli.universe import symbols_in
from clients.cli.watch import watch_job

app = App(name="optimize")

Flag = Annotated[bool, Parameter(negative=())]


@app.default
def optimize(
    portfolio_id: str = "",
    /,
    *,
    dataset: str = "",
    symbols: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    goal: GoalOptions = NO_GOAL,
    limits: LimitOptions = NO_LIMITS,
    estimate: EstimateOptions = NO_ESTIMATE,
    detach: Flag = False,
    request_id: str = "",
    options: Options = DEFAULTS,
) -> None:
    """Find the best weights for a portfolio, or for assets of a dataset; the solver's progress is shown live.

    ```
    qpo optimize 0199…                                        # a stored portfolio
    qpo optimize --dataset mine --symbols AAPL,MSFT,JNJ       # any assets
    qpo optimize --dataset mine --objective risk --min-return 0.12 --max-weight 0.2
    ```

    Nothing is bought: `qpo portfolio rebalance` does that.

    Parameters
    ----------
    portfolio_id
        A stored portfolio's id. Goal and constraints that you give replace its own.
    dataset
        The dataset to take prices from.
    symbols
        The assets, e.g. AAPL,MSFT; without it the portfolio's, or all of the dataset.
    detach
        Submit the job and do not wait for it.
    request_id
        A UUID that makes the command safe to repeat; without it a new one is made.
    """
    request = OptimizeRequest(
        portfolio_id=portfolio_id,
        goal=goal.message(),
        constraints=limits.message(),
        universe=symbols_of(symbols),
        dataset=dataset,
        estimation=estimate.message(),
        request_id=request_id or str(uuid4()),
    )
    if not portfolio_id and not dataset:
        raise Problem("optimize what?", [("", "give a portfolio's id, or --dataset")], exit_code=USAGE)
    with options.open() as edge:
        if not portfolio_id and not request.universe:
            request.universe.extend(symbols_in(edge, dataset))
        submitted = edge.optimizer.Optimize(request)
        if detach:
            show(submitted, options.output, lambda answer: tables.job(answer.job))
            return
        final = watch_job(edge, submitted.job_id)
    show(final, options.output, lambda answer: tables.result(answer.result))


@app.command
def status(job_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Show how far a job has come.

    Parameters
    ----------
    job_id
        The job's id.
    """
    with options.open() as edge:
        answer = edge.optimizer.GetOptimizationStatus(GetOptimizationStatusRequest(job_id=job_id))
    show(answer, options.output, lambda found: tables.job(found.job))


@app.command
def result(job_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Show the weights that a job found.

    Parameters
    ----------
    job_id
        The job's id.
    """
    with options.open() as edge:
        answer = edge.optimizer.GetOptimizationResult(GetOptimizationResultRequest(job_id=job_id))
    show(answer, options.output, lambda found: tables.result(found.result))


@app.command
def watch(job_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Watch a job until it ends, then show its result.

    Parameters
    ----------
    job_id
        The job's id.
    """
    with options.open() as edge:
        final = watch_job(edge, job_id)
    show(final, options.output, lambda answer: tables.result(answer.result))


@app.command
def cancel(job_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Cancel a job; one that has ended stays as it is.

    Parameters
    ----------
    job_id
        The job's id.
    """
    with options.open() as edge:
        answer = edge.optimizer.CancelOptimization(CancelOptimizationRequest(job_id=job_id))
    show(answer, options.output, lambda done: tables.job(done.job))


@app.command(name="list")
def list_(*, portfolio_id: str = "", page_size: int = 50, page_token: str = "", options: Options = DEFAULTS) -> None:
    """List your jobs, newest first.

    Parameters
    ----------
    portfolio_id
        Only jobs of this portfolio.
    page_size
        Jobs per page, at most 1000; without it 50.
    page_token
        The token that the page before ended with.
    """
    request = ListOptimizationsRequest(portfolio_id=portfolio_id, page_size=page_size, page_token=page_token)
    with options.open() as edge:
        answer = edge.optimizer.ListOptimizations(request)
    show(answer, options.output, tables.jobs)
