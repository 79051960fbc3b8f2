"""`qpo demo`: starts a mesh of its own, walks through it, and leaves nothing running."""

import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import psutil
from cyclopts import Parameter
from rich.text import Text

from clients.cli.board import Stopwatch, board
from clients.cli.console import live, stdout
from clients.cli.demo import behold, checks, decide, enter, feed
from clients.cli.demo.narrator import Narrator
from clients.cli.demo.tour import Tour
from clients.cli.problem import Problem
from clients.cli.profile import ProfileFile
from stack.mesh import Mesh
from stack.part import CannotStart
from stack.settings import MeshSettings

_READY_WITHIN = 120.0


def demo(
    *,
    png: Path = Path("out/frontier.png"),
    keep: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Walk one real portfolio through the whole platform, from prices to a picture, and clean up.

    It starts a mesh of its own in a temporary folder, on free ports if the usual ones are taken, and touches neither
    your data nor your login. Exit code 0 means that every promise was kept: REST and gRPC agree to 1e-9, stored
    weights and cash sum to exactly 1, nothing is left running.

    ```
    qpo demo
    qpo demo --keep      # leave the mesh up at the end, to look around
    ```

    Needs the demo extra, which has the prices. Prints each step with its outcome and time.

    Parameters
    ----------
    png
        Where the efficient frontier is drawn; without it out/frontier.png.
    keep
        Leave the mesh up at the end until Ctrl-C.
    """
    narrator = Narrator(stdout())
    folder = Path(tempfile.mkdtemp(prefix="qpo-demo-"))
    narrator.console.print(Text("QPO: one real portfolio through the whole platform", "bold"))
    with _ended_by_any_signal():
        try:
            _walk(narrator, folder, png, keep=keep)
        except Exception:
            narrator.console.print(f"\nwhat the parts wrote is in {folder / 'logs'}")
            raise
        except KeyboardInterrupt:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    shutil.rmtree(folder, ignore_errors=True)


def _walk(narrator: Narrator, folder: Path, png: Path, *, keep: bool) -> None:
    mesh = Mesh(MeshSettings(state_dir=folder))
    try:
        _start(narrator, mesh)
        tour = Tour(narrator, mesh.edge_url, ProfileFile("default", folder / "config" / "qpo"), png)
        with tour.edge:
            for step in (
                enter.account,
                enter.prices,
                enter.portfolio,
                decide.optimize,
                decide.rebalance,
                behold.ticks,
                feed.feed,
                behold.efficient_frontier,
            ):
                step(tour)
        if keep:
            _stay(narrator, tour, folder)
    finally:
        _stop(narrator, mesh)
    narrator.console.print()
    narrator.console.print(narrator.summary())
    narrator.console.print(f"the picture: {png}")
    if not keep:
        narrator.console.print(
            "next: [bold]qpo demo --keep[/] leaves it up to look around; [bold]qpo up[/] keeps your data"
        )


def _start(narrator: Narrator, mesh: Mesh) -> None:
    with narrator.step("Mesh", "PostgreSQL, Redis, five services and Envoy, each its own process") as step:
        watch = Stopwatch()
        try:
            mesh.start(on_event=watch.note)
            with live(lambda: board(mesh.parts(), watch)):
                seconds = mesh.wait_ready(timeout=_READY_WITHIN, stop=threading.Event())
        except CannotStart as error:
            raise Problem(str(error)) from None
        narrator.say(board(mesh.parts(), watch))
        step.outcome = f"ready after {seconds:.1f} s at {mesh.edge_url}"


def _stop(narrator: Narrator, mesh: Mesh) -> None:
    """Stops the mesh and looks for what may be left of it; a second Ctrl-C does not cut that short."""
    pids = {part.name: part.pid for part in mesh.parts() if part.pid}
    before = [signal.signal(number, signal.SIG_IGN) for number in _SIGNALS]
    try:
        with narrator.step("Stop", "every process, in reverse order") as step:
            mesh.stop()
            checks.gone(pids, psutil.pids())
            step.outcome = f"{len(pids)} processes ended, none is left"
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)


def _stay(narrator: Narrator, tour: Tour, folder: Path) -> None:
    say = narrator.console.print
    say(f"\n[bold]the mesh stays up at {tour.url}[/] (docs: {tour.url}/docs); in another terminal:")
    say(f"    export XDG_CONFIG_HOME={folder / 'config'}        # the demo's login")
    say(f"    qpo portfolio show {tour.portfolio_id}")
    say("    qpo optimize --dataset sp500 --objective risk --min-return 0.15")
    say("    qpo ticks replay sp500 --speed 50 && qpo ticks watch sp500")
    say("Ctrl-C ends it")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _ended_by_any_signal() -> Iterator[None]:
    """SIGTERM and SIGHUP end the walk as Ctrl-C does: through every `finally`."""

    def interrupt(number: int, frame: object) -> None:  # noqa: ARG001 - the signature of a handler
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)
