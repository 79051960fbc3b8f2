"""`qpo rebalance-all`: every portfolio that one may write, one outcome each, taken up where it was left."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Annotated, Any

import grpc
from cyclopts import Parameter
from qpo.auth.v1.auth_service_pb2 import WhoAmIRequest
from qpo.portfolio.v1.portfolio_service_pb2 import (
    ListPortfoliosRequest,
    RebalancePortfolioRequest,
    RebalancePortfolioResponse,
)
from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clients.cli.connection import Edge
from clients.cli.console import stderr, stdout
from clients.cli.dates import session
from clients.cli.options import DEFAULTS, DryRun, Options
from clients.cli.output import grid, money, print_content
from clients.cli.problem import INTERRUPTED, LOCAL, USAGE, Problem
from clients.cli.rebalance_run import Member, Outcome, Plan, begun, held, resumed
from clients.cli.refusal import from_rpc

_PAGE = 1000
_EVERYBODY = "write:all"
# What says nothing of the portfolio: another try may go through.
_PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}
# What says the same of every portfolio: there is no sense in going on.
_HOPELESS = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}
_PAUSES = (0.5, 2.0)  # seconds before the second and the third try

Resume = Annotated[str, Parameter(help="Take up the run of this id: what is done is not done again.")]


def rebalance_all(
    *,
    as_of: date | None = None,
    parallel: int = 4,
    resume: Resume = "",
    dry_run: DryRun = False,
    options: Options = DEFAULTS,
) -> None:
    """Rebalance every portfolio that you may write, each by its own strategy.

    ```
    qpo rebalance-all --dry-run          # what would each do?
    qpo rebalance-all
    qpo rebalance-all --resume 5f0c…     # after Ctrl-C, or when some could not be reached
    ```

    Needs the scopes `read:portfolio` and `write:portfolio`. Prints a row per portfolio: what was traded, or why
    nothing was. Portfolios that somebody changes after the run has begun are left alone. A run that is stopped can be
    taken up again, and no portfolio is rebalanced twice. The exit code is 1 if any was not rebalanced.

    Parameters
    ----------
    as_of
        Estimate and value at the last close on or before this day, YYYY-MM-DD.
    parallel
        How many at a time, 1 to 32; without it 4.
    dry_run
        Compute everything and show what would be traded; write nothing.
    """
    if resume and (dry_run or as_of):
        fixes = [("--resume", "a run is taken up as it was begun: leave --dry-run and --as-of out")]
        raise Problem("a run that is taken up can't be changed", fixes, exit_code=USAGE)
    folder = options.profile_file.folder / "rebalances"
    with options.open() as edge:
        me = edge.auth.WhoAmI(WhoAmIRequest())
        if resume:
            file = resumed(folder, resume, options.url, me.user.id)
        else:
            members = list(_writable(edge, me.user.id, everybody=_EVERYBODY in me.scopes))
            day = "" if as_of is None else as_of.isoformat()
            if dry_run:
                _show(_tried(edge, Plan("", options.url, me.user.id, day, tuple(members)), parallel), "", options)
                return
            file = begun(folder, options.url, me.user.id, day, members)
        stderr().print(f"run {file.plan.run}: {len(file.left)} of {len(file.plan.members)} portfolios to go")
        with held(file):
            _worked(Runner(edge, file.plan, file.append), file.left, parallel, file.plan.run)
    _show([file.outcomes[member.id] for member in file.plan.members], file.plan.run, options)


def _writable(edge: Edge, user_id: str, *, everybody: bool) -> Iterator[Member]:
    """Every portfolio in reach, oldest first, so that one made meanwhile shifts no page."""
    found, token = [], ""
    while True:
        page = edge.portfolios.ListPortfolios(ListPortfoliosRequest(page_size=_PAGE, page_token=token))
        found += [it for it in page.portfolios if everybody or it.user_id == user_id]
        token = page.next_page_token
        if not token:
            break
    yield from (Member(it.id, it.name, it.etag) for it in reversed(found))


@dataclass(frozen=True)
class Runner:
    """Rebalances single portfolios of a run and has each outcome written down."""

    edge: Edge
    plan: Plan
    keep: Callable[[Outcome], None]
    validate_only: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)

    def __call__(self, member: Member) -> None:
        """Rebalance one. Raises the refusal if it is not about the portfolio."""
        self.keep(self._outcome(member))

    def _outcome(self, member: Member) -> Outcome:
        for pause in (*_PAUSES, None):
            try:
                return _done(member, self.edge.portfolios.RebalancePortfolio(self._request(member)))
            except grpc.RpcError as error:
                if error.code() in _HOPELESS:
                    raise
                if error.code() not in _PASSING or pause is None:
                    return _refused(member, error)
                if self.stopped.wait(max(pause, from_rpc(error).retry_after)):
                    return _refused(member, error)
        raise AssertionError("the last try returns or raises")

    def _request(self, member: Member) -> RebalancePortfolioRequest:
        as_of = date.fromisoformat(self.plan.as_of) if self.plan.as_of else None
        once = "" if self.validate_only else self.plan.request_id(member)
        return RebalancePortfolioRequest(
            portfolio_id=member.id,
            as_of=session(as_of),
            etag=member.etag,
            request_id=once,
            validate_only=self.validate_only,
        )


def _tried(edge: Edge, plan: Plan, parallel: int) -> list[Outcome]:
    """What a run would do now; nothing is written, here or there."""
    outcomes: dict[str, Outcome] = {}

    def keep(outcome: Outcome) -> None:
        outcomes[outcome.portfolio_id] = outcome

    _worked(Runner(edge, plan, keep, validate_only=True), plan.members, parallel, "")
    return [outcomes[member.id] for member in plan.members]


def _worked(work: Runner, members: Sequence[Member], parallel: int, run: str) -> None:
    """Work on some at a time, with a bar. What has begun when it is stopped is waited for and written down."""
    pool = ThreadPoolExecutor(min(max(parallel, 1), 32), thread_name_prefix="rebalance")
    with _bar() as bar:
        task = bar.add_task("rebalancing", total=len(members))
        futures: list[Future[None]] = [pool.submit(work, member) for member in members]
        try:
            for future in as_completed(futures):
                future.result()
                bar.advance(task)
        except KeyboardInterrupt:
            fixes = [("", f"go on with qpo rebalance-all --resume {run}")] if run else []
            raise Problem("the run was stopped", fixes, exit_code=INTERRUPTED) from None
        finally:
            work.stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _done(member: Member, answer: RebalancePortfolioResponse) -> Outcome:
    trades = len(answer.trades)
    became = "rebalanced" if trades else "unchanged"
    return Outcome(member.id, member.name, became, trades, answer.nav.value)  # type: ignore[arg-type]


def _refused(member: Member, error: grpc.RpcError) -> Outcome:
    problem = from_rpc(error)
    became = "unreached" if error.code() in _PASSING else "refused"
    return Outcome(member.id, member.name, became, reason=problem.reason, description=problem.what)  # type: ignore[arg-type]


def _show(outcomes: Sequence[Outcome], run: str, options: Options) -> None:
    """A row each. Raises Problem if any was not rebalanced."""
    if options.format == "table":
        stdout().print(_table(outcomes, written=bool(run)))
    else:
        rows: list[dict[str, Any]] = [asdict(outcome) for outcome in outcomes]
        print_content({"run": run, "portfolios": rows}, options.format)
    missed = [outcome for outcome in outcomes if outcome.outcome in ("refused", "unreached")]
    if missed:
        again = [("", f"try those again that were not reached: qpo rebalance-all --resume {run}")]
        unreached = run and any(not outcome.final for outcome in missed)
        what = f"{len(missed)} of {len(outcomes)} portfolios were not rebalanced"
        raise Problem(what, again if unreached else (), exit_code=LOCAL)


def _table(outcomes: Sequence[Outcome], *, written: bool) -> RenderableType:
    rows = [
        (it.portfolio_id, it.name, it.outcome, f"{it.trades:,}", money(it.nav) if it.nav else "–", it.description)
        for it in outcomes
    ]
    columns = ("id", "name", "outcome", ">trades", ">net asset value", "why not")
    note = "" if written else "nothing was written"
    return grid(columns, rows, title=f"{len(outcomes):,} portfolios", note=note)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = stderr()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
