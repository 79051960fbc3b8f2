"""`qpo account second-factor`: an authenticator app beside the password."""

from collections.abc import Callable
from typing import Any

import grpc
from cyclopts import App
from qpo.auth.v1.second_factor_service_pb2 import (
    BeginSecondFactorRequest,
    BeginSecondFactorResponse,
    ConfirmSecondFactorRequest,
    ConfirmSecondFactorResponse,
    RemoveSecondFactorRequest,
)
from rich.console import RenderableType

from clients.cli.console import note
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import grid, show
from clients.cli.refusal import reason_of
from clients.cli.secret import ASK, PasswordFrom, code_of_app

app = App(name="second-factor", help="Ask for an authenticator app's code at every login, or no longer.")


@app.command
def on(*, password: PasswordFrom = ASK, options: Options = DEFAULTS) -> None:
    """Switch a second factor on: from then on a login takes the code of an authenticator app too.

    Shows the secret, as text and as the address that apps read from a QR code, and asks for the app's first code.

    ```
    qpo account second-factor on
    qpo account second-factor on > recovery-codes.txt
    ```

    Needs a login, your password, and an authenticator app. Prints ten recovery codes, each good for one login without
    the app: keep them elsewhere.
    """
    with options.open() as edge:
        _tell(edge.second_factor.BeginSecondFactor(BeginSecondFactorRequest(password=password.read())))
        confirmed = edge.second_factor.ConfirmSecondFactor(ConfirmSecondFactorRequest(code=code_of_app()))
    show(confirmed, options.format, _codes)
    note("[green]✓[/] the second factor is on; none of these codes is ever shown again")


@app.command
def off(*, password: PasswordFrom = ASK, options: Options = DEFAULTS) -> None:
    """Switch the second factor off: the password alone logs in again.

    ```
    qpo account second-factor off
    ```

    Needs a login, your password, and the app's present code or a recovery code. Prints nothing but a note. Who has lost
    both asks an administrator: `qpo admin reset-second-factor`.
    """
    word = password.read()
    with options.open() as edge:
        edge.second_factor.RemoveSecondFactor(RemoveSecondFactorRequest(password=word, code=code_of_app()))
    note("[green]✓[/] the second factor is off")


def with_code(method: Callable[[Any], Any], asked: Any) -> Any:
    """What a method answers that wants a code of whoever has a second factor: asked for once that is told."""
    try:
        return method(asked)
    except grpc.RpcError as refused:
        if reason_of(refused) != "SECOND_FACTOR_REQUIRED":
            raise
    asked.code = code_of_app()
    return method(asked)


def _tell(begun: BeginSecondFactorResponse) -> None:
    """On stderr, which nobody keeps: standard output is for the recovery codes."""
    note(f"give this to your authenticator app, and then me its code:\n  {begun.uri}\n  secret: {begun.secret}")


def _codes(confirmed: ConfirmSecondFactorResponse) -> RenderableType:
    return grid(("recovery code",), [(code,) for code in confirmed.recovery_codes])
