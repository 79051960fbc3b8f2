"""`qpo quality`: what was found of ticks, by which rules, and what is done with those that are wrong."""

from datetime import date
from typing import Annotated, Literal

from cyclopts import App, Parameter
from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1.data_quality_service_pb2 import (
    GetQualityReportRequest,
    GetQualityRulesRequest,
    ListQuarantineRequest,
    QualityRules,
    ReleaseQuarantinedRequest,
    UpdateQualityRulesRequest,
)

from clients.cli import quality_tables as tables
from clients.cli.arguments import Dataset, PageSize, PageToken
from clients.cli.dates import session
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import show
from clients.cli.problem import USAGE, Problem
from clients.cli.watching import ONCE, WatchOptions, look

app = App(name="quality", help="See what was found of ticks, by which rules; let out what is right.")

Fault = Literal[
    "malformed",
    "unknown-symbol",
    "wrong-currency",
    "not-finite",
    "non-positive",
    "bad-size",
    "future",
    "stale",
    "duplicate",
    "out-of-order",
    "spike",
    "disagrees",
    "out-of-session",
]


@app.command
def report(
    dataset: Dataset = "",
    /,
    *,
    start: date | None = None,
    end: date | None = None,
    every: WatchOptions = ONCE,
    options: Options = DEFAULTS,
) -> None:
    """Show how good each source's ticks are, symbol by symbol.

    ```
    qpo quality report mine
    qpo quality report mine --watch 1
    ```

    Needs the scope `read:marketdata`. Prints one row per symbol and source: what was accepted, what was kept apart and
    why, and the share that was right.

    Parameters
    ----------
    start
        Ticks judged on this day or later, YYYY-MM-DD, UTC.
    end
        Ticks judged on this day or earlier, YYYY-MM-DD, UTC.
    """
    request = GetQualityReportRequest(dataset=options.dataset(dataset), start=session(start), end=session(end))
    with options.open() as edge:
        look(lambda: edge.quality.GetQualityReport(request), tables.report, options, every)


@app.command
def rules(dataset: Dataset = "", /, *, options: Options = DEFAULTS) -> None:
    """Show the rules that a dataset's ticks are judged by.

    ```
    qpo quality rules mine
    ```

    Needs the scope `read:marketdata`. Prints one row per rule.
    """
    with options.open() as edge:
        answer = edge.quality.GetQualityRules(GetQualityRulesRequest(dataset=options.dataset(dataset)))
    show(answer, options.format, lambda found: tables.rules(found.rules))


@app.command(name="set")
def set_(
    dataset: Dataset = "",
    /,
    *,
    ahead: float | None = None,
    oldest: float | None = None,
    spike_z: float | None = None,
    spike_floor: float | None = None,
    confirm: int | None = None,
    cross_window: float | None = None,
    cross_tolerance: float | None = None,
    session_slack: float | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Change rules; those that are not named stay as they are.

    ```
    qpo quality set mine --spike-floor 0.6 --confirm 5
    ```

    Needs the scope `write:marketdata` and a dataset of your own. Prints all rules after it; they hold for what comes
    from then on.

    Parameters
    ----------
    ahead
        Seconds that a source's clock may be ahead of ours.
    oldest
        Age in seconds of a tick that is still taken in, at most 604800.
    spike_z
        Robust z-scores beyond which a log return is a spike.
    spike_floor
        A log return up to this is never a spike.
    confirm
        Spikes in a row, in agreement with each other, that are a new level.
    cross_window
        Age in seconds of another source's price that one is compared with.
    cross_tolerance
        By how much, in log return, sources may differ.
    session_slack
        Seconds before and after a session of the instrument's exchange in which a tick may happen.
    """
    given = {
        "ahead": _span(ahead),
        "oldest": _span(oldest),
        "spike_z": spike_z,
        "spike_floor": spike_floor,
        "confirm": confirm,
        "cross_window": _span(cross_window),
        "cross_tolerance": cross_tolerance,
        "session_slack": _span(session_slack),
    }
    changes = QualityRules(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    if not changes.ListFields():
        raise Problem("no rule to change", [("--spike-floor, --confirm, …", "name at least one")], exit_code=USAGE)
    request = UpdateQualityRulesRequest(dataset=options.dataset(dataset), rules=changes)
    with options.open() as edge:
        answer = edge.quality.UpdateQualityRules(request)
    show(answer, options.format, lambda found: tables.rules(found.rules))


@app.command
def quarantine(
    dataset: Dataset = "",
    /,
    *,
    symbol: str = "",
    fault: Fault | None = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List the ticks that are kept apart, as they came.

    ```
    qpo quality quarantine mine --fault spike
    ```

    Needs the scope `read:marketdata`. Prints one row per tick with its id, for `qpo quality release`.

    Parameters
    ----------
    symbol
        Of this symbol alone.
    fault
        With this fault alone.
    """
    request = ListQuarantineRequest(
        dataset=options.dataset(dataset),
        symbol=symbol,
        fault=f"RECORD_FAULT_{(fault or 'unspecified').upper().replace('-', '_')}",
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        answer = edge.quality.ListQuarantine(request)
    show(answer, options.format, tables.quarantine)


@app.command
def release(
    ids: Annotated[tuple[str, ...], Parameter(help="The ticks' ids, as `qpo quality quarantine` prints them.")],
    /,
    *,
    dataset: Dataset = "",
    options: Options = DEFAULTS,
) -> None:
    """Let ticks out of quarantine, to be stored as if they were right.

    ```
    qpo quality release 0199… --dataset mine
    ```

    Needs the scope `write:marketdata` and a dataset of your own. Prints the ticks; `qpo quality quarantine` tells a
    moment later when each was stored. What cannot be stored is kept apart again.
    """
    request = ReleaseQuarantinedRequest(dataset=options.dataset(dataset), ids=ids)
    with options.open() as edge:
        answer = edge.quality.ReleaseQuarantined(request)
    show(answer, options.format, tables.released)


def _span(seconds: float | None) -> Duration | None:
    if seconds is None:
        return None
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1e9))
    return duration
