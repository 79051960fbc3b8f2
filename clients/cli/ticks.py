"""`qpo ticks`: prices as they happen, or as they happened."""

import time
from contextlib import closing, nullcontext
from datetime import date
from typing import Annotated

from cyclopts import App, Parameter
from qpo.marketdata.v1.marketdata_service_pb2 import GetReplayRequest, StartReplayRequest, StopReplayRequest
from qpo.marketdata.v1.prices_pb2 import Replay, ReplayState
from rich.table import Table

from clients.cli.dates import session
from clients.cli.interrupt import until_interrupted
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import card, day, live, note, print_json, show, stdout, word
from clients.cli.tape import Tape, frames

app = App(name="ticks", help="Watch prices as they happen, or play stored history as if it happened now.")

Symbols = Annotated[tuple[str, ...], Parameter(negative=())]


@app.command
def watch(dataset: str, /, *, symbols: Symbols = (), seconds: float = 0.0, options: Options = DEFAULTS) -> None:
    """Watch a dataset's ticks until Ctrl-C; with -o json one line per message.

    ```
    qpo ticks replay mine --speed 20 &
    qpo ticks watch mine --symbols AAPL,MSFT --seconds 10
    ```

    Parameters
    ----------
    dataset
        The dataset's name or id.
    symbols
        Which symbols, e.g. AAPL,MSFT; without it all.
    seconds
        Stop after this long; 0 means never.
    """
    tape = Tape()
    until = time.monotonic() + seconds if seconds else None
    as_json = options.output == "json"
    with (
        options.open() as edge,
        until_interrupted() as interrupted,
        closing(frames(edge, dataset, symbols_of(symbols), until)) as stream,
        nullcontext() if as_json else live(tape.table),
    ):
        for frame in stream:
            tape.take(frame)
            if as_json:
                print_json(frame, indent=None)
            if interrupted.is_set():
                break
    if as_json:
        note(tape.summary())
    else:
        stdout().print(tape.table())


@app.command
def replay(
    dataset: str,
    /,
    *,
    symbols: Symbols = (),
    start: date | None = None,
    end: date | None = None,
    speed: float = 10.0,
    options: Options = DEFAULTS,
) -> None:
    """Play stored closes as ticks, to everyone who watches the dataset.

    ```
    qpo ticks replay mine --start 2020-02-01 --end 2020-04-30 --speed 20
    ```

    Parameters
    ----------
    dataset
        The dataset's name or id; it must be yours.
    symbols
        Which symbols, e.g. AAPL,MSFT; without it all.
    start
        First session, YYYY-MM-DD; without it the first there is.
    end
        Last session, YYYY-MM-DD; without it the last there is.
    speed
        Sessions per second, at most 1000; without it 10.
    """
    request = StartReplayRequest(
        dataset=dataset, symbols=symbols_of(symbols), start=session(start), end=session(end), speed=speed
    )
    with options.open() as edge:
        answer = edge.marketdata.StartReplay(request)
    show(answer, options.output, lambda started: _card(started.replay))


@app.command
def status(replay_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Show how far a replay has come.

    Parameters
    ----------
    replay_id
        The replay's id.
    """
    with options.open() as edge:
        answer = edge.marketdata.GetReplay(GetReplayRequest(replay_id=replay_id))
    show(answer, options.output, lambda found: _card(found.replay))


@app.command
def stop(replay_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Stop a replay.

    Parameters
    ----------
    replay_id
        The replay's id.
    """
    with options.open() as edge:
        answer = edge.marketdata.StopReplay(StopReplayRequest(replay_id=replay_id))
    show(answer, options.output, lambda stopped: _card(stopped.replay))


def _card(it: Replay) -> Table:
    return card(
        [
            ("replay", it.id),
            ("state", word(ReplayState.Name(it.state), "REPLAY_STATE_")),
            ("speed", f"{it.speed:g} sessions per second"),
            ("played", f"{it.sessions_played:,} of {it.sessions_total:,} sessions, up to {day(it.position)}"),
        ]
    )
