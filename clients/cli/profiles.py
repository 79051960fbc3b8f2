"""`qpo profile`: the installations that you work with, and what commands assume at each."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import RenderableType
from rich.text import Text

from clients.cli.completers import dataset_names, profile_names
from clients.cli.console import note, stdout
from clients.cli.options import ALWAYS, format_of
from clients.cli.output import Format, card, grid, print_content
from clients.cli.problem import USAGE, Problem
from clients.cli.profile import Profile, ProfileFile, current, folder_of_profiles, make_current, names
from clients.cli.where import parts_of

app = App(name="profile", help="Keep several installations apart: their address, your login there, your defaults.")

Name = Annotated[str, Parameter(completer=profile_names)]
Output = Annotated[Format | None, Parameter(name=["--output", "-o"], group=ALWAYS)]


@app.command(name="list")
def list_(*, output: Output = None) -> None:
    """List the profiles; a star marks the one that commands use.

    ```
    qpo profile list
    ```

    Needs nothing. Prints each profile's name, address, login and defaults.

    Parameters
    ----------
    output
        table, json or yaml.
    """
    folder = folder_of_profiles()
    chosen = current(folder)
    found = [_told(name, ProfileFile(name).settings(), chosen) for name in names(folder)]
    _show({"profiles": found}, output, lambda: _table(found))


@app.command
def show(name: Name = "", /, *, output: Output = None) -> None:
    """Show a profile. Its tokens stay in its file; they are never printed.

    ```
    qpo profile show
    qpo profile show work -o json
    ```

    Needs a profile of that name. Prints its address, login and defaults.

    Parameters
    ----------
    name
        The profile; without it the one that commands use.
    output
        table, json or yaml.
    """
    told = _told(*_existing(name), current(folder_of_profiles()))
    _show(told, output, lambda: card([(key.replace("_", " "), _cell(value)) for key, value in told.items()]))


@app.command
def use(name: Name, /) -> None:
    """Use a profile from now on; --profile and QPO_PROFILE choose another for one command or one shell.

    ```
    qpo profile set work --edge https://qpo.example.com
    qpo profile use work
    ```

    Needs a profile of that name. Prints nothing but a note.

    Parameters
    ----------
    name
        The profile.
    """
    file = ProfileFile(_existing(name)[0])
    make_current(file)
    note(f"[green]✓[/] commands use the profile {file.name} from now on")


@app.command(name="set")
def set_(
    name: Name = "",
    /,
    *,
    edge: str | None = None,
    ca_file: Path | None = None,
    dataset: Annotated[str | None, Parameter(completer=dataset_names)] = None,
    output: Annotated[Format | None, Parameter(name=["--output", "-o"])] = None,
) -> None:
    """Set what commands assume under a profile, making it if there is none; '' takes a setting back.

    ```
    qpo profile set --dataset mine --output yaml
    qpo profile set work --edge https://qpo.example.com --ca-file company.pem
    ```

    Needs at least one setting. Prints nothing but a note.

    Parameters
    ----------
    name
        The profile; without it the one that commands use.
    edge
        Address of the platform, http://HOST:PORT or, with TLS, https://HOST:PORT.
    ca_file
        PEM file of the authority that signed the platform's certificate; without it those that everybody trusts.
    dataset
        The dataset that is meant when a command names none.
    output
        How results are printed: table, json or yaml.
    """
    authority = None if ca_file is None else str(ca_file.resolve() if ca_file.parts else "")
    given = {"edge": edge, "ca_file": authority, "dataset": dataset, "output": output}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if not changes:
        raise Problem("set what?", [("", "say it, e.g. --dataset NAME")], exit_code=USAGE)
    if edge:
        parts_of(edge)
    if authority and not Path(authority).is_file():
        raise Problem(f"there is no file {authority}", [("--ca-file", "name a PEM file")])
    file = ProfileFile(name)
    with file.locked():  # a token that is renewed meanwhile must not be overwritten by its predecessor
        file.write(replace(file.settings(), **changes))
    note(f"[green]✓[/] profile {file.name}: {', '.join(f'{key} {value}' for key, value in changes.items())}")


@app.command
def delete(name: Name, /) -> None:
    """Delete a profile with its login; `qpo logout` revokes the login as well.

    ```
    qpo logout --profile work && qpo profile delete work
    ```

    Needs a profile of that name. Prints nothing but a note.

    Parameters
    ----------
    name
        The profile.
    """
    found, _ = _existing(name)
    ProfileFile(found).delete()
    note(f"[green]✓[/] the profile {found} is deleted")


def _existing(name: str) -> tuple[str, Profile]:
    file = ProfileFile(name)
    profile = file.read()
    if profile is None:
        known = ", ".join(names(file.folder)) or "none yet; qpo login EMAIL makes one"
        raise Problem(f"there is no profile {file.name}", [("NAME", f"there are: {known}")])
    return file.name, profile


def _told(name: str, profile: Profile, chosen: str) -> dict[str, Any]:
    """What may be seen of a profile: everything but the tokens."""
    login = profile.login
    until = datetime.fromtimestamp(login.access_expires_at, UTC).isoformat(timespec="seconds") if login else ""
    return {
        "name": name,
        "used": name == chosen,
        "edge": profile.edge or (login.edge if login else ""),
        "ca_file": profile.ca_file,
        "email": login.email if login else "",
        "token_until": until.replace("+00:00", "Z"),
        "token_fresh": login is not None and not login.stale(time.time()),
        "dataset": profile.dataset,
        "output": profile.output,
    }


def _table(found: Sequence[dict[str, Any]]) -> RenderableType:
    rows = [
        (
            Text("*", "green") if it["used"] else "",
            *(_cell(it[key]) for key in ("name", "edge", "email", "dataset", "output")),
        )
        for it in found
    ]
    return grid(("", "profile", "edge", "logged in as", "dataset", "output"), rows)


def _cell(value: Any) -> str:
    return {True: "yes", False: "no", "": "–"}.get(value, str(value))


def _show(content: object, output: Format | None, table: Any) -> None:
    format_ = output or format_of(ProfileFile().settings().output)
    if format_ == "table":
        stdout().print(table())
    else:
        print_content(content, format_)
