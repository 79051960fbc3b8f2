"""`--watch`: the same question again and again, until Ctrl-C."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from clients.cli.console import stdout
from clients.cli.interrupt import until_interrupted
from clients.cli.options import ALWAYS, Options
from clients.cli.output import Format, M, append_content, content, show
from clients.cli.spoken import WATCH

if TYPE_CHECKING:
    from threading import Event

T = TypeVar("T")


@Parameter(name="*", group=ALWAYS)
@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """Whether to ask once or again and again."""

    watch: Annotated[float | None, Parameter(name=WATCH, metavar="[SECONDS]")] = None
    """Ask again every so many seconds, without a number every 2, until Ctrl-C: a table is redrawn in place on a
    terminal; elsewhere, and with -o json, each look is a line of NDJSON; with -o yaml a document."""


ONCE = WatchOptions()


def look(
    ask: Callable[[], M],
    table: Callable[[M], RenderableType],
    options: Options,
    every: WatchOptions,
    *,
    ended: Callable[[M], bool] = lambda _: False,
) -> None:
    """Shows an answer once, or again and again until Ctrl-C or until there is nothing more to happen."""
    if every.watch is None:
        show(ask(), options.format, table)
        return
    with until_interrupted() as struck:
        answers = again(ask, max(every.watch, 0.1), struck, ended)
        if options.format == "table" and stdout().is_terminal:
            redraw((table(answer) for answer in answers), every.watch)
        else:
            append((content(answer) for answer in answers), options.format)


def again(
    ask: Callable[[], T], seconds: float, struck: "Event", ended: Callable[[T], bool] = lambda _: False
) -> Iterator[T]:
    """Answers, one every so many seconds, until `struck` or the one with which all has ended."""
    while not struck.is_set():
        answer = ask()
        yield answer
        if ended(answer):
            return
        struck.wait(seconds)


def append(contents: Iterator[object], format_: Format) -> None:
    """Prints each as a line of NDJSON or as a YAML document, below the ones before."""
    for what in contents:
        append_content(what, format_)


def redraw(looks: Iterator[RenderableType], seconds: float) -> None:
    """Shows each in the place of the one before; the last stays."""
    with Live(console=stdout(), auto_refresh=False) as screen:
        for seen in looks:
            at = datetime.now().astimezone().strftime("%H:%M:%S")
            foot = Text(f"{at}, again every {seconds:g} s until Ctrl-C", "dim")
            screen.update(Group(seen, foot), refresh=True)
