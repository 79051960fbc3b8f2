"""A canvas with two axes: data in, labelled ticks around it."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.text import Text

from clients.cli.plots.canvas import ACROSS, DOWN, Canvas, Cell, label

Point = tuple[float, float]
Range = tuple[float, float]
COLUMNS, ROWS = 66, 17
_MARGIN = 9


def percent_tick(value: float) -> str:
    """0.15 → 15 %."""
    return f"{value * 100:.4g} %"


class Axes:
    """A chart of COLUMNS × ROWS characters, beside a margin of 9: 76 columns in all."""

    def __init__(self, across: Range, upwards: Range, *, rows: int = ROWS) -> None:
        self.across, self.upwards = _opened(across), _opened(upwards)
        self.canvas = Canvas(COLUMNS, rows)
        self.rows = rows

    def dot_of(self, point: Point) -> Cell:
        """The dot of a point in data units."""
        x = (point[0] - self.across[0]) / (self.across[1] - self.across[0])
        y = (point[1] - self.upwards[0]) / (self.upwards[1] - self.upwards[0])
        return round(x * (COLUMNS * ACROSS - 1)), round((1 - y) * (self.rows * DOWN - 1))

    def cell_of(self, point: Point) -> Cell:
        """The character cell of a point in data units."""
        x, y = self.dot_of(point)
        return x // ACROSS, y // DOWN

    def curve(self, points: Sequence[Point], style: str = "", *, every: int = 1) -> None:
        """Joins points by lines, dotted if only every so manieth dot is set."""
        dots = [self.dot_of(point) for point in points]
        for ends in pairwise(dots):
            self.canvas.line(ends, style, every=every)

    def mark(self, point: Point, sign: str, style: str = "") -> None:
        """Puts a sign at a point."""
        self.canvas.write(self.cell_of(point), sign, style)

    def name(self, point: Point, name: str, style: str = "") -> None:
        """Writes a name beside a point if there is room."""
        label(self.canvas, self.cell_of(point), name, style)

    def drawn(
        self,
        *,
        title: str,
        below: str,
        tick: Callable[[float], str] = percent_tick,
        bottom: Iterable[tuple[float, str]] = (),
    ) -> RenderableType:
        """The chart with its title, ticks at the left by `tick`, and at the bottom as given, else by `tick` too."""
        at = {self.cell_of((self.across[0], value))[1]: tick(value) for value in ticks(self.upwards, 5)}
        lines = [
            Text.assemble((f"{at.get(row, ''):>{_MARGIN - 1}} ", "dim"), ("┤" if row in at else "│", "dim"), line)
            for row, line in enumerate(self.canvas.lines())
        ]
        named = list(bottom) or [(value, tick(value)) for value in ticks(self.across, 6)]
        return Group(Text(title, "bold"), *lines, *self._floor(named), Text(f"{'':{_MARGIN + 1}}{below}", "dim"))

    def _floor(self, named: Iterable[tuple[float, str]]) -> tuple[Text, Text]:
        line = ["─"] * COLUMNS
        words = Canvas(COLUMNS + _MARGIN + 4, 1)
        for value, text in named:
            column = self.cell_of((value, self.upwards[0]))[0]
            start = _MARGIN + 1 + column - len(text) // 2
            if words.free((start - 1, 0), len(text) + 1):
                line[column] = "┬"
                words.write((start, 0), text, "dim")
        return Text(f"{'':{_MARGIN}}└{''.join(line)}", "dim"), next(words.lines())


def ticks(within: Range, count: int) -> list[float]:
    """About so many round numbers (1, 2 or 5 times a power of ten apart) inside a range."""
    low, high = within
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((power * times for times in (1, 2, 5, 10)), key=lambda candidate: abs(candidate - rough))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def padded(values: Iterable[float], share: float = 0.06) -> Range:
    """The range of values with some room on both sides."""
    known = list(values)
    room = (max(known) - min(known)) * share
    return min(known) - room, max(known) + room


def _opened(range_: Range) -> Range:
    """A range that is not a single point."""
    low, high = range_
    return (low, high) if high - low > 1e-12 else (low - 0.01, high + 0.01)
