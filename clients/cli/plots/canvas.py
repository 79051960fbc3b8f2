"""A canvas of braille dots: every character cell has 2 × 4 of them, or holds one character of text."""

from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

_BLANK = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
ACROSS, DOWN = 2, 4

Cell = tuple[int, int]


class Canvas:
    """Cells from the top left corner, columns to the right and rows downwards; dots are ACROSS × DOWN times finer."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._dots: dict[Cell, int] = {}
        self._words: dict[Cell, str] = {}
        self._styles: dict[Cell, str] = {}

    def dot(self, x: int, y: int, style: str = "") -> None:
        """Sets one dot; one that lies outside is left out."""
        cell = (x // ACROSS, y // DOWN)
        if self._within(cell):
            self._dots[cell] = self._dots.get(cell, 0) | _BITS[y % DOWN][x % ACROSS]
            self._styles[cell] = style

    def line(self, ends: tuple[Cell, Cell], style: str = "", *, every: int = 1) -> None:
        """Sets the dots between two dots, or only every so manieth of them."""
        (x0, y0), (x1, y1) = ends
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(0, steps + 1, every):
            self.dot(round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps), style)

    def write(self, cell: Cell, text: str, style: str = "") -> None:
        """Puts characters over what stands in their cells."""
        for place, character in enumerate(text):
            at = (cell[0] + place, cell[1])
            if self._within(at):
                self._words[at] = character
                self._styles[at] = style

    def free(self, cell: Cell, length: int) -> bool:
        """True if so many cells from this one on lie within and hold no text and no dot."""
        cells = [(cell[0] + place, cell[1]) for place in range(length)]
        return all(self._within(at) and at not in self._words and at not in self._dots for at in cells)

    def lines(self) -> Iterator[Text]:
        """The rows, top first."""
        for row in range(self.rows):
            cells = [self._look((column, row)) for column in range(self.columns)]
            runs = groupby(cells, lambda cell: cell[1])
            yield Text.assemble(*(("".join(character for character, _ in run), style) for style, run in runs))

    def _look(self, at: Cell) -> tuple[str, str]:
        dots = self._dots.get(at)
        return self._words.get(at) or (chr(_BLANK | dots) if dots else " "), self._styles.get(at, "")

    def _within(self, cell: Cell) -> bool:
        return 0 <= cell[0] < self.columns and 0 <= cell[1] < self.rows


def label(canvas: Canvas, cell: Cell, text: str, style: str = "") -> None:
    """Writes a name beside a cell, to the right or to the left, if there is room."""
    column, row = cell
    for room, start in ((column + 1, column + 2), (column - 2 - len(text), column - 1 - len(text))):
        if canvas.free((room, row), len(text) + 1):
            canvas.write((start, row), text, style)
            return
