"""The two streams of a terminal: results go to stdout, everything else to stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

_PIPE_WIDTH = 140


def stdout() -> Console:
    """Where results go; wide enough for a table when nobody watches."""
    console = Console()
    return console if console.is_terminal else Console(width=max(console.width, _PIPE_WIDTH))


def stderr() -> Console:
    """Where progress, notes and errors go."""
    return Console(stderr=True)


@contextmanager
def live(look: Callable[[], RenderableType], *, keep: bool = False) -> Iterator[None]:
    """Shows on stderr what `look` returns, again and again while the block runs; `keep` leaves the last look standing.
    Where nobody watches, only a kept last look is printed.
    """
    console = stderr()
    if console.is_terminal:
        with Live(console=console, transient=not keep, refresh_per_second=8, get_renderable=look):
            yield
        return
    try:
        yield
    finally:
        if keep:
            console.print(look())


def note(text: str) -> None:
    """Says what was done."""
    stderr().print(text, highlight=False, soft_wrap=True)


def drawn(to: Path) -> None:
    """Says where a picture is."""
    note(f"[green]✓[/] drawn to {to}")
