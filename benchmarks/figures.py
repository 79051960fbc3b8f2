"""A figure: what was measured, its value, its unit – one line of text, which reads back."""

from __future__ import annotations

import re
from dataclasses import dataclass

UNITS = ("us", "ms", "s", "1/s", "%", "x", "calls", "1")
_LINE = re.compile(r"(?P<name>[a-z0-9_.]+) (?P<value>-?[0-9]+(\.[0-9]+)?(e-[0-9]+)?) (?P<unit>\S+)")


@dataclass(frozen=True, slots=True)
class Figure:
    """`name` is dotted, from the general to the special; `unit` of UNITS: `x` is a ratio of times, `1` a number."""

    name: str
    value: float
    unit: str

    def line(self) -> str:
        """The figure as it is printed: `name value unit`."""
        return f"{self.name} {_shown(self.value)} {self.unit}"


def read(line: str) -> Figure:
    """Returns the figure of a printed line. Raises ValueError if it is none."""
    found = _LINE.fullmatch(line.strip())
    if found is None or found["unit"] not in UNITS:
        raise ValueError(f"not a figure: {line!r}")
    return Figure(found["name"], float(found["value"]), found["unit"])


def _shown(value: float) -> str:
    """Three significant digits, but never fewer than the whole ones."""
    if 0 < abs(value) < 0.1:
        return f"{value:.2e}" if abs(value) < 0.001 else f"{value:.4f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
