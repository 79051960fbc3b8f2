"""`qpo account keys`: keys by which machines work for you."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from qpo.auth.v1.api_key_service_pb2 import (
    ApiKey,
    CreateApiKeyRequest,
    CreateApiKeyResponse,
    DeleteApiKeyRequest,
    ExchangeApiKeyRequest,
    ExchangeApiKeyResponse,
    ListApiKeysRequest,
    ListApiKeysResponse,
)
from rich.console import RenderableType

from clients.cli.console import note
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import card, grid, moment, show
from clients.cli.problem import Problem
from clients.cli.second_factor import with_code
from clients.cli.secret import ASK, PasswordFrom, first_line

app = App(name="keys", help="Make keys by which scripts and machines work for you, see and delete them.")


@app.command
def create(
    name: str,
    /,
    *,
    scopes: Annotated[tuple[str, ...], Parameter(negative=())],
    days: int = 90,
    password: PasswordFrom = ASK,
    options: Options = DEFAULTS,
) -> None:
    """Make a key. Put it into QPO_API_KEY where `qpo` shall use it in place of a login.

    ```
    qpo account keys create nightly --scopes read:portfolio,run:optimization
    qpo account keys create nightly --scopes read:all --days 30 -o json | jq -r .key > nightly.key
    ```

    Needs a login, your password, and the app's code where there is a second factor. Prints the key, which is never
    shown again.

    Parameters
    ----------
    name
        What to call it, e.g. the machine that will have it.
    scopes
        What it may do, of what you may, e.g. read:portfolio,run:optimization; `qpo whoami` lists yours.
    days
        For how long it counts, at most 365.
    """
    wanted = [scope for given in scopes for scope in given.split(",")]
    asked = CreateApiKeyRequest(name=name, scopes=wanted, valid_days=days, password=password.read())
    with options.open() as edge:
        show(with_code(edge.keys.CreateApiKey, asked), options.format, _new_key)
    note("keep it where only the machine reads it; it is never shown again")


@app.command(name="list")
def list_(*, options: Options = DEFAULTS) -> None:
    """List your keys, newest first.

    ```
    qpo account keys list
    ```

    Needs a login. Prints one row per key, never the key itself.
    """
    with options.open() as edge:
        show(edge.keys.ListApiKeys(ListApiKeysRequest()), options.format, _keys)


@app.command
def delete(key_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Delete a key: nobody gets a token for it any more.

    ```
    qpo account keys delete 0199…
    ```

    Needs a login. Prints nothing but a note. A token that it was exchanged for ends by itself within 15 minutes.

    Parameters
    ----------
    key_id
        Its id, as `qpo account keys list` shows it.
    """
    with options.open() as edge:
        edge.keys.DeleteApiKey(DeleteApiKeyRequest(key_id=key_id))
    note(f"[green]✓[/] the key {key_id} is deleted")


@app.command
def token(*, key_file: Path | None = None, options: Options = DEFAULTS) -> None:
    """Exchange a key for an access token, for programs that speak to the API themselves; `qpo` does it by itself.

    ```
    qpo account keys token -o json | jq -r .access_token
    ```

    Needs a key, in QPO_API_KEY or a file. Prints the token, which is good for at most 15 minutes.

    Parameters
    ----------
    key_file
        The file whose first line is the key.
    """
    key = first_line(key_file) if key_file else os.environ.get("QPO_API_KEY", "")
    if not key:
        raise Problem("no key", [("--key-file", "name its file, or put the key into QPO_API_KEY")])
    with options.open() as edge:
        show(edge.exchange.ExchangeApiKey(ExchangeApiKeyRequest(key=key)), options.format, _token)


def _new_key(made: CreateApiKeyResponse) -> RenderableType:
    return card([("key", made.key), *_rows(made.api_key)])


def _rows(key: ApiKey) -> list[tuple[str, str]]:
    return [
        ("id", key.id),
        ("name", key.name),
        ("scopes", ", ".join(key.scopes)),
        ("made", moment(key.created_at)),
        ("ends", moment(key.expires_at)),
    ]


def _keys(answer: ListApiKeysResponse) -> RenderableType:
    now = datetime.now(UTC)
    rows = [(*(value for _, value in _rows(key)), _used(key), _state(key, now)) for key in answer.api_keys]
    return grid(("id", "name", "scopes", "made", "ends", "last used", "state"), rows)


def _used(key: ApiKey) -> str:
    return moment(key.last_used_at) if key.HasField("last_used_at") else "never"


def _state(key: ApiKey, now: datetime) -> str:
    return "counts" if now < key.expires_at.ToDatetime(UTC) else "has ended"


def _token(given: ExchangeApiKeyResponse) -> RenderableType:
    return card(
        [
            ("access token", given.access_token),
            ("good for", f"{given.expires_in} s"),
            ("scopes", ", ".join(given.scopes)),
        ]
    )
