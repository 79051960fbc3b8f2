"""Price histories in the terminal: one line per symbol, named at its end, and a row with its worst drawdown."""

from collections.abc import Sequence
from datetime import date

from rich.console import Group, RenderableType

from clients.cli.output import grid, percent
from clients.cli.plots.axes import Axes, padded
from clients.cli.plots.history import History

_STYLES = ("cyan", "yellow", "magenta", "green", "blue", "red")
_SIGNS = "ABCDEF"


def chart(drawn: Sequence[History]) -> RenderableType:
    """The chart above a row per symbol. Lines are told apart by letters, since colour may be missing."""
    if not drawn or not drawn[0].sessions:
        return "no sessions in this window"
    days = drawn[0].sessions
    axes = Axes((0, len(days) - 1), padded(value for it in drawn for value in it.worth))
    for place, it in enumerate(drawn):
        axes.curve(list(enumerate(it.worth)), _STYLES[place])
    for place, it in enumerate(drawn):
        for at in (len(days) // 3, 2 * len(days) // 3, len(days) - 1):
            axes.mark((at, it.worth[at]), _SIGNS[place], f"bold {_STYLES[place]}")
    span = f"{days[0]} … {days[-1]}"
    picture = axes.drawn(
        title=f"What 1 became, {span}", below="session →", tick=lambda value: f"{value:.4g}", bottom=_years(days)
    )
    return Group(picture, "", _table(drawn))


def _table(drawn: Sequence[History]) -> RenderableType:
    return grid(
        ("", "symbol", ">1 became", ">worst drawdown", "at its lowest"),
        [(_SIGNS[place], *_row(it)) for place, it in enumerate(drawn)],
    )


def _row(it: History) -> tuple[str, ...]:
    below = it.drawdowns
    worst = min(below)
    return it.symbol, f"{it.worth[-1]:.3f}", percent(worst), str(it.sessions[below.index(worst)]) if worst else "–"


def _years(days: Sequence[date]) -> list[tuple[float, str]]:
    """The first session of each year, or of each month where the window holds fewer than two of them."""
    turns = [at for at in range(1, len(days)) if days[at].year != days[at - 1].year]
    if len(turns) > 1:
        return [(at, str(days[at].year)) for at in turns]
    months = [at for at in range(1, len(days)) if days[at].month != days[at - 1].month]
    if months:
        return [(at, f"{days[at]:%Y-%m}") for at in months]
    return [(0, str(days[0])), (len(days) - 1, str(days[-1]))]
