"""`qpo audit`: who did what, from where, and the proof that nothing of it was changed."""

from datetime import datetime
from typing import Literal

from cyclopts import App
from qpo.auth.v1.audit_service_pb2 import (
    AuditAction,
    AuditEvent,
    AuditOutcome,
    ListAuditEventsRequest,
    ListAuditEventsResponse,
    VerifyAuditRequest,
    VerifyAuditResponse,
)
from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.text import Text

from clients.cli.arguments import PageSize, PageToken
from clients.cli.console import stderr
from clients.cli.dates import stamp
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import card, grid, moment, show, word
from clients.cli.prices_tables import next_page
from clients.cli.problem import Problem

app = App(name="audit", help="See who did what, from where, and prove that nothing of it was changed.")

Action = Literal[
    "user-login",
    "user-logout",
    "user-register",
    "user-delete",
    "portfolio-create",
    "portfolio-modify",
    "optimization-run",
    "admin-action",
    "call",
    "second-factor-on",
    "second-factor-off",
    "recovery-code-use",
    "api-key-create",
    "api-key-delete",
    "user-export",
    "security-alarm",
]


@app.command(name="list")
def list_(
    *,
    user: str = "",
    action: Action | None = None,
    result: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    page_size: PageSize = 0,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List audit events, newest first.

    ```
    qpo audit list
    qpo audit list --action user-login --result BAD_CREDENTIALS
    ```

    Needs the scope `admin:users`. Prints one row per event.

    Parameters
    ----------
    user
        Only what this user did; the user's id.
    action
        Only this action.
    result
        Only this result: `OK`, or the reason of a refusal, e.g. `BAD_CREDENTIALS`.
    start
        At this time or later, UTC.
    end
        Before this time, UTC.
    """
    request = ListAuditEventsRequest(
        user_id=user,
        action=f"AUDIT_ACTION_{action.upper().replace('-', '_')}" if action else None,
        result=result,
        start=stamp(start),
        end=stamp(end),
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        show(edge.audit.ListAuditEvents(request), options.format, _events)


@app.command
def verify(*, options: Options = DEFAULTS) -> None:
    """Verify every event from the first that is kept to the newest; name the first that is not as it was written.

    ```
    qpo audit verify
    ```

    Needs the scope `admin:users`. Prints how many events were verified and what was found; exits with 1 if the trail
    is broken.
    """
    console = stderr()
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    last = VerifyAuditResponse()
    with (
        options.open() as edge,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("verified")
        for last in edge.audit.VerifyAudit(VerifyAuditRequest()):
            bar.update(task, completed=int(last.verified), total=int(last.total))
    show(last, options.format, _verdict)
    if last.outcome != AuditOutcome.AUDIT_OUTCOME_INTACT:
        raise Problem("the audit trail is not as it was written")


def _events(found: ListAuditEventsResponse) -> RenderableType:
    if not found.events:
        return "no such events"
    columns = (">seq", "when", "who", "did", "to", "from", "with", "result")
    return grid(columns, map(_event, found.events), note=next_page(found.next_page_token))


def _event(event: AuditEvent) -> tuple[RenderableType, ...]:
    return (
        f"{event.seq:.0f}",
        moment(event.occurred_at),
        event.user_id or "–",
        f"{word(AuditAction.Name(event.action), 'AUDIT_ACTION_')} {event.method.rpartition('/')[2]}".rstrip(),
        event.resource or "–",
        event.ip_address or "–",
        event.user_agent or "–",
        Text(event.result, style="green" if event.result == "OK" else "yellow"),
    )


def _verdict(last: VerifyAuditResponse) -> RenderableType:
    verified = ("verified", f"{last.verified:,.0f} of {last.total:,.0f} events")
    if last.outcome == AuditOutcome.AUDIT_OUTCOME_INTACT:
        return card([verified, ("found", Text("intact", style="green"))])
    broken = Text(f"broken at {last.first_broken:.0f}: {last.problem}", style="red")
    return card([verified, ("found", broken)])
