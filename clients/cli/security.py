"""`qpo admin security`: what looks like an attack, what is done about it, and the detectors behind it."""

import time
from contextlib import closing
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from qpo.auth.v1.security_service_pb2 import (
    Detector,
    DetectorState,
    GetSecurityPolicyRequest,
    ListDetectorsRequest,
    ListDetectorsResponse,
    ListSecurityEventsRequest,
    ListSecurityEventsResponse,
    SecurityAction,
    SecurityEvent,
    SecurityEventKind,
    SecurityPolicy,
    SubscribeSecurityEventsRequest,
    TrainDetectorRequest,
    UpdateSecurityPolicyRequest,
)
from rich.console import RenderableType
from rich.text import Text

from clients.cli.arguments import PageSize, PageToken
from clients.cli.console import stdout
from clients.cli.interrupt import until_interrupted
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import append_content, card, content, grid, moment, show, word
from clients.cli.prices_tables import next_page
from clients.cli.problem import USAGE, Problem
from clients.cli.tape import resumed

app = App(name="security", help="See what looks like an attack, and say what is done about it.")

Kind = Literal[
    "refresh-token-reused",
    "account-closed",
    "passwords-guessed",
    "audit-broken",
    "anomaly",
    "sql-injection",
    "user-blocked",
]
Action = Annotated[Literal["observe", "alarm", "block"] | None, Parameter(negative=())]
_FIELDS = ["anomaly_action", "anomaly_score", "consecutive_minutes", "least_calls", "injection_action", "block_minutes"]


@app.command
def events(
    *,
    kind: Kind | None = None,
    user: str = "",
    page_size: PageSize = 0,
    page_token: PageToken = "",
    options: Options = DEFAULTS,
) -> None:
    """List security events, newest first.

    ```
    qpo admin security events
    qpo admin security events --kind anomaly
    ```

    Needs the scope `admin:users`. Prints one row per event.

    Parameters
    ----------
    kind
        Only of this kind.
    user
        Only about this user; the user's id.
    """
    request = ListSecurityEventsRequest(
        kind=f"SECURITY_EVENT_KIND_{kind.upper().replace('-', '_')}" if kind else None,
        user_id=user,
        page_size=page_size,
        page_token=page_token,
    )
    with options.open() as edge:
        show(edge.security.ListSecurityEvents(request), options.format, _events)


@app.command
def watch(*, seconds: float = 0.0, options: Options = DEFAULTS) -> None:
    """Watch security events come, until Ctrl-C; a stream that is cut is taken up where it was.

    ```
    qpo admin security watch
    ```

    Needs the scope `admin:users`. Prints a row per event; with -o json one line per message, with -o yaml one document.

    Parameters
    ----------
    seconds
        Stop after this long; 0 means never.
    """
    until = time.monotonic() + seconds if seconds else None
    with (
        options.open() as edge,
        until_interrupted() as interrupted,
        closing(resumed(edge.security.SubscribeSecurityEvents, SubscribeSecurityEventsRequest(), until)) as stream,
    ):
        for message in stream:
            if options.format != "table":
                append_content(content(message), options.format)
            for event in message.events if options.format == "table" else ():
                stdout().print("  ".join(str(cell) for cell in _event(event)), highlight=False)
            if interrupted.is_set():
                break


@app.command
def policy(*, options: Options = DEFAULTS) -> None:
    """Show what is done about what detectors find.

    ```
    qpo admin security policy
    ```

    Needs the scope `admin:users`. Prints the policy.
    """
    with options.open() as edge:
        answer = edge.security.GetSecurityPolicy(GetSecurityPolicyRequest())
    show(answer, options.format, lambda found: _policy(found.policy))


@app.command
def set_policy(
    *,
    anomaly_action: Action = None,
    anomaly_score: float | None = None,
    consecutive_minutes: int | None = None,
    least_calls: int | None = None,
    injection_action: Action = None,
    block_minutes: int | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Change what is done about what detectors find: the fields that are named.

    ```
    qpo admin security set-policy --anomaly-action block --block-minutes 30
    ```

    Needs the scope `admin:users`. Prints the policy after it.

    Parameters
    ----------
    anomaly_action
        About unusual calls.
    anomaly_score
        The least score of an unusual minute, of 0 to 1.
    consecutive_minutes
        How many such minutes in a row.
    least_calls
        The least calls of such a minute.
    injection_action
        About a text that reads like SQL injection.
    block_minutes
        For how long a user is shut out.
    """
    given: dict[str, Any] = {
        "anomaly_action": _action(anomaly_action),
        "anomaly_score": anomaly_score,
        "consecutive_minutes": consecutive_minutes,
        "least_calls": least_calls,
        "injection_action": _action(injection_action),
        "block_minutes": block_minutes,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise Problem("nothing would change", [("", "name what is to change, e.g. --least-calls 50")], exit_code=USAGE)
    request = UpdateSecurityPolicyRequest(policy=SecurityPolicy(**changes))
    request.update_mask.paths.extend(changes)
    with options.open() as edge:
        answer = edge.security.UpdateSecurityPolicy(request)
    show(answer, options.format, lambda changed: _policy(changed.policy))


@app.command
def train(*, options: Options = DEFAULTS) -> None:
    """Train a detector on how the platform was used until now; one that passes its trial counts from then on.

    ```
    qpo admin security train
    ```

    Needs the scope `admin:users`. Prints the detector.
    """
    with options.open() as edge:
        answer = edge.security.TrainDetector(TrainDetectorRequest())
    show(answer, options.format, lambda made: card(_detector(made.detector)))


@app.command
def detectors(*, options: Options = DEFAULTS) -> None:
    """List detectors, newest first.

    ```
    qpo admin security detectors
    ```

    Needs the scope `admin:users`. Prints one row per detector.
    """
    with options.open() as edge:
        show(edge.security.ListDetectors(ListDetectorsRequest()), options.format, _detectors)


def _action(said: str | None) -> str | None:
    return None if said is None else f"SECURITY_ACTION_{said.upper()}"


def _events(found: ListSecurityEventsResponse) -> RenderableType:
    if not found.events:
        return "no such events"
    columns = ("when", "kind", "who", "about", "from", "what")
    return grid(columns, map(_event, found.events), note=next_page(found.next_page_token))


def _event(event: SecurityEvent) -> tuple[RenderableType, ...]:
    return (
        moment(event.occurred_at),
        Text(word(SecurityEventKind.Name(event.kind), "SECURITY_EVENT_KIND_"), style="yellow"),
        event.user_id or "–",
        event.subject or "–",
        event.ip_address or "–",
        event.detail,
    )


def _policy(found: SecurityPolicy) -> RenderableType:
    shown = {name: getattr(found, name) for name in _FIELDS}
    shown |= {name: word(SecurityAction.Name(shown[name]), "SECURITY_ACTION_") for name in _FIELDS if "action" in name}
    rows = [(name.replace("_", " "), str(value)) for name, value in shown.items()]
    return card([*rows, ("updated", moment(found.updated_at))])


def _detector(one: Detector) -> list[tuple[str, RenderableType]]:
    return [
        ("detector", one.id[:12]),
        ("state", word(DetectorState.Name(one.state), "DETECTOR_STATE_")),
        ("trained", moment(one.trained_at)),
        ("history", f"{one.minutes:,} minutes until {moment(one.history_end)}"),
        ("unusual", f"{one.contamination:.1%}"),
        ("by", f"scikit-learn {one.library_version}"),
        ("problem", one.problem or "–"),
    ]


def _detectors(found: ListDetectorsResponse) -> RenderableType:
    if not found.detectors:
        return "no detector was trained yet"
    rows = [_detector(one) for one in found.detectors]
    return grid([name for name, _ in rows[0]], [[value for _, value in row] for row in rows])
