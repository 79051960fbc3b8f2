"""`qpo ticks`: prices as they happen, or as they happened."""

import time
from contextlib import closing, nullcontext
from datetime import date
from pathlib import Path
from uuid import uuid4

from cyclopts import App
from qpo.marketdata.v1.marketdata_service_pb2 import GetReplayRequest, StartReplayRequest, StopReplayRequest, TickFeed
from qpo.marketdata.v1.prices_pb2 import Replay, ReplayState
from rich.table import Table

from clients.cli.arguments import Dataset, Symbols
from clients.cli.console import live, note, stdout
from clients.cli.dates import session
from clients.cli.feed import send as deliver
from clients.cli.feed import ticks_in
from clients.cli.interrupt import until_interrupted
from clients.cli.mandate import symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import append_content, card, content, day, show, word
from clients.cli.tape import Tape, frames
from clients.cli.watching import ONCE, WatchOptions, look

app = App(name="ticks", help="Watch prices as they happen, or play stored history as if it happened now.")


@app.command
def watch(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    rate: float = 0.0,
    seconds: float = 0.0,
    options: Options = DEFAULTS,
) -> None:
    """Watch a dataset's ticks until Ctrl-C; a stream that is cut is taken up where it was.

    ```
    qpo ticks replay mine --speed 20
    qpo ticks watch mine --symbols AAPL,MSFT --seconds 10
    ```

    Needs the scope `read:marketdata`. Prints the newest price of each symbol, kept up to date on a terminal; with
    -o json one line per message, with -o yaml one document.

    Parameters
    ----------
    rate
        Messages per second, at most; what happens in between is counted. 0 means as they happen.
    seconds
        Stop after this long; 0 means never.
    """
    tape = Tape()
    until = time.monotonic() + seconds if seconds else None
    format_ = options.format
    for_people = format_ == "table"
    with (
        options.open() as edge,
        until_interrupted() as interrupted,
        closing(frames(edge, options.dataset(dataset), symbols_of(symbols), until, rate)) as stream,
        live(tape.table) if for_people else nullcontext(),
    ):
        for frame in stream:
            tape.take(frame)
            if not for_people:
                append_content(content(frame), format_)
            if interrupted.is_set():
                break
    if for_people:
        stdout().print(tape.table())
    else:
        note(tape.summary())


@app.command
def send(file: Path, /, *, dataset: Dataset = "", source: str = "cli", options: Options = DEFAULTS) -> None:
    """Send ticks into a dataset, as a live feed would: they are judged, stored, rolled up to bars and shown.

    ```
    qpo ticks send ticks.csv --dataset mine                     # occurred_at,symbol,price
    qpo quality report mine
    ```

    Needs the scope `write:marketdata` and a dataset of your own that has the symbols. Prints what was taken; what
    became of it `qpo quality report` tells a moment later.

    Parameters
    ----------
    file
        CSV with a header line: occurred_at (ISO 8601, or nanoseconds since 1970), symbol, price, and any of size,
        number (the source's own, rising by one, so that what is sent twice is stored once), currency.
    source
        Who gives them: lower-case letters, digits, hyphens, underscores. Sources are judged apart.
    """
    feed = TickFeed(dataset=options.dataset(dataset), source=source)
    messages = ticks_in(file)
    with options.open() as edge:
        answer = deliver(edge, messages, feed, timeout=max(options.timeout, 300.0))
    show(answer, options.format, lambda taken: f"{taken.records:,} ticks taken in {taken.messages:,} messages")


@app.command
def replay(
    dataset: Dataset = "",
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

    Needs the scope `write:marketdata` and a dataset of your own. Prints the replay with its id.

    Parameters
    ----------
    start
        First session, YYYY-MM-DD; without it the first there is.
    end
        Last session, YYYY-MM-DD; without it the last there is.
    speed
        Sessions per second, at most 1000; without it 10.
    """
    request = StartReplayRequest(
        dataset=options.dataset(dataset),
        symbols=symbols_of(symbols),
        start=session(start),
        end=session(end),
        speed=speed,
        request_id=str(uuid4()),
    )
    with options.open() as edge:
        answer = edge.marketdata.StartReplay(request)
    show(answer, options.format, lambda started: _card(started.replay))


@app.command
def status(replay_id: str, /, *, every: WatchOptions = ONCE, options: Options = DEFAULTS) -> None:
    """Show how far a replay has come.

    ```
    qpo ticks status 0199… --watch 1
    ```

    Needs the scope `read:marketdata`. Prints the replay; with --watch until it has ended.

    Parameters
    ----------
    replay_id
        The replay's id.
    """
    request = GetReplayRequest(replay_id=replay_id)
    with options.open() as edge:
        look(
            lambda: edge.marketdata.GetReplay(request),
            lambda found: _card(found.replay),
            options,
            every,
            ended=lambda found: found.replay.state != ReplayState.REPLAY_STATE_RUNNING,
        )


@app.command
def stop(replay_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Stop a replay.

    ```
    qpo ticks stop 0199…
    ```

    Needs the scope `write:marketdata`. Prints the replay as it ended.

    Parameters
    ----------
    replay_id
        The replay's id.
    """
    with options.open() as edge:
        answer = edge.marketdata.StopReplay(StopReplayRequest(replay_id=replay_id))
    show(answer, options.format, lambda stopped: _card(stopped.replay))


def _card(it: Replay) -> Table:
    return card(
        [
            ("replay", it.id),
            ("state", word(ReplayState.Name(it.state), "REPLAY_STATE_")),
            ("speed", f"{it.speed:g} sessions per second"),
            ("played", f"{it.sessions_played:,} of {it.sessions_total:,} sessions, up to {day(it.position)}"),
        ]
    )
