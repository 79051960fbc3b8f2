"""Bars of one row each, for cells of a table."""

from rich.text import Text

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHORT = "░"


def bar(value: float, longest: float, width: int = 24) -> Text:
    """A bar to the eighth of a character; `longest` fills the width. A short position is shaded, not filled."""
    if not longest:
        return Text()
    filled = round(abs(value) / longest * width * 8)
    if value < 0:
        return Text(_SHORT * max(1, round(filled / 8)), "red")
    whole, rest = divmod(max(filled, 1), 8)
    return Text(_EIGHTHS[8] * whole + (_EIGHTHS[rest] if rest else ""), "cyan")


def move(before: float, after: float, low: float, high: float, width: int = 30) -> Text:
    """From ○ to ● on a scale that all rows share; one ● where nothing moved."""
    start, end = (round((value - low) / ((high - low) or 1.0) * (width - 1)) for value in (before, after))
    cells = [" "] * width
    for place in range(min(start, end), max(start, end)):
        cells[place] = "─"
    cells[start] = "○"
    cells[end] = "●"
    return Text("".join(cells), "green" if after >= before else "yellow")
