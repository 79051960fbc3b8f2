"""`qpo up|status|logs|down`: the whole mesh on this machine."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter
from pydantic import ValidationError

from clients.cli.board import Stopwatch, board, content
from clients.cli.console import live, note, stdout
from clients.cli.interrupt import until_interrupted
from clients.cli.options import ALWAYS, Flag
from clients.cli.output import Format, print_content
from clients.cli.problem import USAGE, Problem
from clients.cli.watching import ONCE, WatchOptions, again, append, redraw
from stack import elsewhere
from stack.events import READY_STATES, MeshStatus
from stack.identities import OWNER
from stack.mesh import Mesh
from stack.part import CannotStart
from stack.settings import MeshSettings
from stack.signals import stop_on_signals

Where = Annotated[Path | None, Parameter(name="--state-dir", env_var="QPO_STACK_STATE_DIR", group=ALWAYS)]
Output = Annotated[Format, Parameter(name=["--output", "-o"], group=ALWAYS)]
_PORTS = Group("Ports", sort_key=10)


def up(
    *,
    state_dir: Where = None,
    edge_port: Annotated[int | None, Parameter(group=_PORTS)] = None,
    free_ports: Annotated[Flag, Parameter(group=_PORTS)] = False,
    replicas: int | None = None,
    tls: Flag = False,
    wait: float = 120.0,
) -> None:
    """Run the whole mesh here: PostgreSQL, Redis, five services, Envoy. Ctrl-C ends all of it.

    ```
    qpo up
    qpo up --tls                                     # TLS 1.3 at the edge, mutual TLS behind it
    QPO_STACK_POSTGRES_URL=postgresql://… qpo up     # any part may run elsewhere: QPO_STACK_<PART>_…
    ```

    Needs nothing else. Prints each part while it starts, then where the edge and its docs are.

    Parameters
    ----------
    state_dir
        Where data, keys and logs are kept; without it ./.qpo.
    edge_port
        Port of the edge; without it 8080, with --tls 8443, or a free one if that is taken.
    free_ports
        Take free ports for everything.
    replicas
        Processes of each service, among which the edge spreads the calls; without it 1.
    tls
        Encrypt every connection between processes, by certificates of an authority that is made for this machine; qpo
        trusts it by itself, other clients by the file that is named at the start.
    wait
        Seconds to wait for every part to be ready; without it 120.
    """
    given: dict[str, Any] = {
        "state_dir": state_dir,
        "edge_port": edge_port,
        "edge_tls_port": edge_port,
        "free_ports": free_ports or None,
        "replicas": replicas,
        "tls": tls or None,
    }
    settings = settings_of({name: value for name, value in given.items() if value is not None})
    watch = Stopwatch()
    with stop_on_signals() as stop:
        mesh = Mesh(settings)
        begun = time.monotonic()
        try:
            with live(lambda: board(mesh.parts(), watch), keep=True):
                mesh.start(on_event=watch.note)
                mesh.wait_ready(timeout=wait, stop=stop)
            if not stop.is_set():
                _welcome(mesh, time.monotonic() - begun)
            stop.wait()
        except CannotStart as error:
            raise Problem(str(error)) from None
        finally:
            note("stopping …")
            mesh.stop()
            note("all stopped")


def status(*, state_dir: Where = None, every: WatchOptions = ONCE, output: Output = "table") -> int:
    """Ask every part of the mesh that runs here whether it is ready.

    ```
    qpo status
    qpo status --watch 1
    ```

    Needs a mesh that `qpo up` runs here. Prints one row per part; exit code 1 if one is not ready.

    Parameters
    ----------
    state_dir
        The state folder of the mesh; without it ./.qpo.
    output
        table, json or yaml.
    """
    folder = folder_of(state_dir)
    found = _running(folder)
    if every.watch is not None:
        watch_status(lambda: _running(folder), every.watch, output)
    elif output == "table":
        stdout().print(board(found.parts))
        note(f"edge {found.edge_url}, pid {found.pid}")
    else:
        print_content(content(found), output)
    return 0 if all(part.state in READY_STATES for part in found.parts) else 1


def logs(
    *parts: str,
    lines: Annotated[int, Parameter(name=["--lines", "-n"])] = 50,
    follow: Annotated[Flag, Parameter(name=["--follow", "-f"])] = False,
    state_dir: Where = None,
) -> None:
    """Print what the parts of the mesh wrote.

    ```
    qpo logs portfolio optimizer -f
    ```

    Needs a mesh that ran here at some time. Prints its lines, each behind the name of its part.

    Parameters
    ----------
    parts
        Which parts, e.g. portfolio; without it all.
    lines
        How many lines of each; without it 50.
    follow
        Go on printing what they write, until Ctrl-C.
    state_dir
        The state folder of the mesh; without it ./.qpo.
    """
    with stop_on_signals() as stop:
        console = stdout()
        for part, line in elsewhere.logs(folder_of(state_dir), parts, lines=lines, follow=follow, stop=stop):
            console.print(f"{part:>12} │", style="cyan", end=" ")
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def down(*, state_dir: Where = None, timeout: float = 30.0) -> None:
    """End the mesh that runs here; nothing of it is left running, its data stays.

    ```
    qpo down
    ```

    Needs a mesh that `qpo up` runs here. Prints nothing but a note.

    Parameters
    ----------
    state_dir
        The state folder of the mesh; without it ./.qpo.
    timeout
        Seconds to wait for its end; without it 30.
    """
    if not elsewhere.down(folder_of(state_dir), timeout=timeout):
        raise _nothing_runs()
    note("[green]✓[/] all stopped")


def watch_status(ask: Callable[[], MeshStatus], seconds: float, output: Format) -> None:
    """Shows the parts again and again, until Ctrl-C or until the mesh has ended."""
    with until_interrupted() as struck:
        looks = again(ask, seconds, struck)
        if output == "table" and stdout().is_terminal:
            redraw((board(found.parts) for found in looks), seconds)
        else:
            append((content(found) for found in looks), output)


def _running(folder: Path) -> MeshStatus:
    found = elsewhere.status(folder)
    if not found.running:
        raise _nothing_runs()
    return found


def _nothing_runs() -> Problem:
    return Problem("no mesh runs here", [("", "start one: qpo up")])


def folder_of(given: Path | None) -> Path:
    """The state folder that was given, or the one of the environment, or ./.qpo."""
    return given or settings_of({}).state_dir


def settings_of(given: dict[str, Any]) -> MeshSettings:
    """Returns what is given, the rest from the environment; every value that cannot be used is named."""
    try:
        return MeshSettings(**given)
    except ValidationError as error:
        wrong = [("_".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_url=False)]
        raise Problem("the mesh cannot run with these settings", wrong, exit_code=USAGE) from None


def _welcome(mesh: Mesh, seconds: float) -> None:
    note(f"[green]✓[/] ready after {seconds:.1f} s at [bold]{mesh.edge_url}[/] — docs at {mesh.edge_url}/docs")
    if mesh.addresses.tls:
        note(f"[green]✓[/] encrypted; trust: {mesh.layout.identity(OWNER).authority}")
    note("next, in another terminal: qpo register EMAIL · Ctrl-C here ends everything")
