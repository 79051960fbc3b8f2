"""`qpo optimize`: the best weights, as a job that can be watched or at once."""

from pathlib import Path
from typing import Annotated, TypeVar
from uuid import uuid4

from cyclopts import App, Parameter
from qpo.optimizer.v1.optimization_pb2 import JobState, OptimizationResult
from qpo.optimizer.v1.optimizer_service_pb2 import (
    CancelOptimizationRequest,
    ExplainRequest,
    GetOptimizationResultRequest,
    GetOptimizationStatusRequest,
    GetOptimizationStatusResponse,
    ListOptimizationsRequest,
    OptimizeRequest,
    OptimizeResponse,
    ReplayRunRequest,
    SolveRequest,
)

from clients.cli import optimize_tables as tables
from clients.cli.arguments import JobId, PageSize, PageToken, Png, PortfolioId, RequestId
from clients.cli.batch import batch
from clients.cli.connection import Edge
from clients.cli.console import drawn
from clients.cli.current import AS_STORED, CurrentOptions
from clients.cli.explanation_tables import explained
from clients.cli.invest import lots_of
from clients.cli.options import DEFAULTS, DryRun, Options
from clients.cli.output import show
from clients.cli.question import NOTHING, Question, source
from clients.cli.resampling import NO_RESAMPLING, ResamplingOptions
from clients.cli.solving import AS_USUAL, SolvingOptions
from clients.cli.universe import symbols_in
from clients.cli.watch import watch_job
from clients.cli.watching import ONCE, WatchOptions, look

app = App(name="optimize")

Stored = Annotated[
    PortfolioId,
    Parameter(
        help="A stored portfolio's id. Goal, constraints and costs that you give replace its own; nothing is stored."
    ),
]
_AtOnce = TypeVar("_AtOnce", SolveRequest, ExplainRequest)
_ENDED = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)


@app.default
def optimize(
    portfolio_id: Stored = "",
    /,
    *,
    question: Question = NOTHING,
    current: CurrentOptions = AS_STORED,
    resampling: ResamplingOptions = NO_RESAMPLING,
    solving: SolvingOptions = AS_USUAL,
    request_id: RequestId = "",
    dry_run: DryRun = False,
    png: Png = None,
    options: Options = DEFAULTS,
) -> None:
    """Find the best weights for a portfolio, or for assets of a dataset; the solver's progress is shown live.

    ```
    qpo optimize 0199…                                        # a stored portfolio
    qpo optimize --dataset mine --symbols AAPL,MSFT,JNJ       # any assets
    qpo optimize --dataset mine --objective risk --min-return 0.12 --max-weight 0.2 --png weights.png
    qpo optimize --dataset mine --objective active-utility --benchmark-file index.csv --max-tracking-error 0.03
    qpo optimize 0199… --commission-bp 1 --half-spread-bp 2 --current AAPL=0.5,MSFT=0.5
    qpo optimize --dataset mine --max-assets 10 --min-weight 0.02 --method quantum
    ```

    Needs the scope `run:optimization`. Prints the weights with a bar each, and what they promise. Nothing is bought:
    `qpo portfolio rebalance` does that.

    Parameters
    ----------
    dry_run
        Check everything and show the job that would be made; make none.
    """
    with options.open() as edge:
        asked = _asked(portfolio_id, question, current, resampling, solving, request_id=request_id, dry_run=dry_run)
        submitted = _submitted(edge, asked, question, options)
        if dry_run:
            show(submitted, options.format, lambda answer: tables.job(answer.job))
            return
        final = watch_job(edge, submitted.job_id)
    _draw(final.result, png)
    solving.write(final.result)
    show(final, options.format, lambda answer: tables.result(answer.result))


@app.command
def submit(
    portfolio_id: Stored = "",
    /,
    *,
    question: Question = NOTHING,
    current: CurrentOptions = AS_STORED,
    resampling: ResamplingOptions = NO_RESAMPLING,
    solving: SolvingOptions = AS_USUAL,
    request_id: RequestId = "",
    dry_run: DryRun = False,
    options: Options = DEFAULTS,
) -> None:
    """Submit a job and do not wait for it: `qpo optimize watch` and `qpo optimize result` take its id.

    ```
    qpo optimize submit --dataset mine -o json | jq -r .job_id
    ```

    Needs the scope `run:optimization`. Prints the job.

    Parameters
    ----------
    dry_run
        Check everything and show the job that would be made; make none.
    """
    with options.open() as edge:
        asked = _asked(portfolio_id, question, current, resampling, solving, request_id=request_id, dry_run=dry_run)
        answer = _submitted(edge, asked, question, options)
    show(answer, options.format, lambda it: tables.job(it.job))


@app.command
def solve(
    *,
    question: Question = NOTHING,
    current: CurrentOptions = AS_STORED,
    resampling: ResamplingOptions = NO_RESAMPLING,
    solving: SolvingOptions = AS_USUAL,
    invest: float = 0.0,
    png: Png = None,
    options: Options = DEFAULTS,
) -> None:
    """Solve one problem at once and keep nothing: no job, no record.

    ```
    qpo optimize solve --dataset mine --symbols AAPL,MSFT,JNJ --max-weight 0.5
    qpo optimize solve --dataset mine --row 'tilt: AAPL=1,MSFT=-1 <= 0.2' --max-cvar 0.03 --cvar-confidence 0.99
    qpo optimize solve --dataset mine --objective risk-parity --risk-budget AAPL=2,MSFT=1,JNJ=1 --symbols AAPL,MSFT,JNJ
    qpo optimize solve --dataset mine --max-assets 8 --min-weight 0.03 --invest 25000
    ```

    Needs the scope `run:optimization`. Prints the weights with a bar each, and what they promise.

    Parameters
    ----------
    invest
        So much money buys whole shares at the dataset's last closes: show how many; needs `read:marketdata` too.
    """
    request = _at_once(SolveRequest, question, current, resampling, solving, options=options)
    with options.open() as edge:
        if invest:
            universe = request.source.universe
            request.lots.CopyFrom(lots_of(edge, universe.dataset, list(universe.symbols), invest))
        answer = edge.optimizer.Solve(request)
    _draw(answer.result, png)
    solving.write(answer.result)
    show(answer, options.format, lambda it: tables.result(it.result))


@app.command
def explain(
    *,
    question: Question = NOTHING,
    current: CurrentOptions = AS_STORED,
    resampling: ResamplingOptions = NO_RESAMPLING,
    solving: SolvingOptions = AS_USUAL,
    png: Png = None,
    options: Options = DEFAULTS,
) -> None:
    """Solve one problem at once and say why the weights are what they are.

    ```
    qpo optimize explain --dataset mine --symbols AAPL,MSFT,JNJ --max-weight 0.5
    ```

    Needs the scope `run:optimization`. Prints the weights, what every limit that presses costs, what the assets that
    are not held lack, and who carries the risk. Nothing is kept.
    """
    request = _at_once(ExplainRequest, question, current, resampling, solving, options=options)
    with options.open() as edge:
        answer = edge.optimizer.Explain(request)
    _draw(answer.result, png)
    solving.write(answer.result)
    show(answer, options.format, explained)


@app.command
def status(job_id: JobId, /, *, every: WatchOptions = ONCE, options: Options = DEFAULTS) -> None:
    """Show how far a job has come.

    ```
    qpo optimize status 0199…
    qpo optimize status 0199… --watch 1
    ```

    Needs the scope `run:optimization`. Prints the job; with --watch until it has ended.
    """

    def ended(answer: GetOptimizationStatusResponse) -> bool:
        return answer.job.state in _ENDED

    request = GetOptimizationStatusRequest(job_id=job_id)
    with options.open() as edge:
        ask = edge.optimizer.GetOptimizationStatus
        look(lambda: ask(request), lambda found: tables.job(found.job), options, every, ended=ended)


@app.command
def result(job_id: JobId, /, *, png: Png = None, options: Options = DEFAULTS) -> None:
    """Show the weights that a job found.

    ```
    qpo optimize result 0199… --png weights.png
    ```

    Needs the scope `run:optimization` and a job that has succeeded. Prints the weights and what they promise.
    """
    with options.open() as edge:
        answer = edge.optimizer.GetOptimizationResult(GetOptimizationResultRequest(job_id=job_id))
    _draw(answer.result, png)
    show(answer, options.format, lambda found: tables.result(found.result))


@app.command
def replay(job_id: JobId, /, *, options: Options = DEFAULTS) -> None:
    """Solve again what a job solved, and say whether the answer is the same to the byte.

    ```
    qpo optimize replay 0199…
    ```

    Needs the scope `run:optimization` and a job that has succeeded. Prints both hashes, and what differs. Nothing is
    kept.
    """
    with options.open() as edge:
        answer = edge.optimizer.ReplayRun(ReplayRunRequest(job_id=job_id))
    show(answer, options.format, tables.replayed)


@app.command
def watch(job_id: JobId, /, *, png: Png = None, options: Options = DEFAULTS) -> None:
    """Watch a job until it ends, step by step of the solver, then show its result.

    ```
    qpo optimize watch 0199…
    ```

    Needs the scope `run:optimization`. Prints the weights and what they promise.
    """
    with options.open() as edge:
        final = watch_job(edge, job_id)
    _draw(final.result, png)
    show(final, options.format, lambda answer: tables.result(answer.result))


@app.command
def cancel(job_id: JobId, /, *, options: Options = DEFAULTS) -> None:
    """Cancel a job; one that has ended stays as it is.

    ```
    qpo optimize cancel 0199…
    ```

    Needs the scope `run:optimization`. Prints the job, which may run on for a moment.
    """
    with options.open() as edge:
        answer = edge.optimizer.CancelOptimization(CancelOptimizationRequest(job_id=job_id))
    show(answer, options.format, lambda done: tables.job(done.job))


@app.command(name="list")
def list_(
    *,
    portfolio_id: Annotated[PortfolioId, Parameter(help="Only jobs of this portfolio.")] = "",
    page_size: PageSize = 50,
    page_token: PageToken = "",
    every: WatchOptions = ONCE,
    options: Options = DEFAULTS,
) -> None:
    """List your jobs, newest first.

    ```
    qpo optimize list
    qpo optimize list --portfolio-id 0199… --watch
    ```

    Needs the scope `run:optimization`. Prints one row per job.
    """
    request = ListOptimizationsRequest(portfolio_id=portfolio_id, page_size=page_size, page_token=page_token)
    with options.open() as edge:
        look(lambda: edge.optimizer.ListOptimizations(request), tables.jobs, options, every)


app.command(batch)


def _at_once(
    kind: type[_AtOnce],
    question: Question,
    current: CurrentOptions,
    resampling: ResamplingOptions,
    solving: SolvingOptions,
    *,
    options: Options,
) -> _AtOnce:
    """The request that is answered without a job; to explain asks as to solve does."""
    return kind(
        source=source(options.dataset(question.dataset or ""), question.universe, question.estimate.message()),
        goal=question.wanted(),
        constraints=question.admitted(),
        costs=question.costs.message(),
        current_weights=current.weights(),
        stop=solving.stop(),
        bootstrap_draws=resampling.bootstrap_draws,
        seed=resampling.seed,
        sampling=solving.sampling(),
    )


def _asked(
    portfolio_id: str,
    question: Question,
    current: CurrentOptions,
    resampling: ResamplingOptions,
    solving: SolvingOptions,
    *,
    request_id: str,
    dry_run: bool,
) -> OptimizeRequest:
    """The request but for what it takes the platform to know."""
    return OptimizeRequest(
        portfolio_id=portfolio_id,
        goal=question.wanted(),
        constraints=question.admitted(),
        universe=question.universe,
        estimation=question.estimate.message(),
        costs=question.costs.message(),
        current_weights=current.weights(),
        request_id=request_id or str(uuid4()),
        validate_only=dry_run,
        stop=solving.stop(),
        bootstrap_draws=resampling.bootstrap_draws,
        seed=resampling.seed,
        sampling=solving.sampling(),
    )


def _submitted(edge: Edge, asked: OptimizeRequest, question: Question, options: Options) -> OptimizeResponse:
    dataset = question.dataset if asked.portfolio_id else options.dataset(question.dataset or "")
    asked.dataset = dataset or ""
    if not asked.portfolio_id and not asked.universe:
        asked.universe.extend(symbols_in(edge, asked.dataset))
    answer: OptimizeResponse = edge.optimizer.Optimize(asked)
    return answer


def _draw(found: OptimizationResult, png: Path | None) -> None:
    if png is not None:
        from clients.cli.plots import weights_png

        weights_png.draw_result(found, png)
        drawn(png)
