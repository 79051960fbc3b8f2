"""Numbers by symbol: typed as AAPL=0.6,MSFT=0.4, or kept in a file with a symbol and a number per line."""

import csv
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path

from clients.cli.problem import USAGE, Problem

FORM = "SYMBOL=NUMBER,SYMBOL=NUMBER, e.g. AAPL=0.6,MSFT=0.4"
_COLUMNS = 2
_NAMES = ("symbol", "ticker", "asset")


def number(text: str) -> float:
    """A finite number. Raises ValueError on anything else."""
    with suppress(ValueError):
        if isfinite(value := float(text)):
            return value
    raise ValueError(f"{text.strip()!r} is no number")


def by_symbol(typed: Sequence[str], file: Path | None, option: str) -> dict[str, float]:
    """What was typed after an option, or what the file of its `-file` twin holds.

    Raises Problem if both were given, or on what cannot be read.
    """
    if file is None:
        return of_text(typed, option) if typed else {}
    if typed:
        raise Problem(f"{option} and {option}-file say the same", [("", "give one of them")], exit_code=USAGE)
    return of_file(file, f"{option}-file")


def of_text(typed: Sequence[str], option: str, form: str = FORM) -> dict[str, float]:
    """Numbers typed after an option. Raises Problem on what cannot be read, or on a symbol named twice."""
    pairs = [part.partition("=") for text in typed for part in text.split(",") if part.strip()]
    try:
        return _once((symbol, number(value)) for symbol, _, value in pairs)
    except ValueError as error:
        fix = [(option, f"write it as {form}")]
        raise Problem(f"cannot read {' '.join(typed)!r}: {error}", fix, exit_code=USAGE) from None


def of_file(file: Path, option: str) -> dict[str, float]:
    """Numbers from a CSV file of two columns; a line of names above them begins with `symbol`. Raises Problem.

    Nothing else is passed over, not even a first line: a number that was lost would not be missed.
    """
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    try:
        with file.open(newline="", encoding="utf-8-sig") as content:
            lines = [line for line in csv.reader(content) if any(cell.strip() for cell in line)]
        if lines and lines[0][0].strip().lower() in _NAMES:
            lines.pop(0)
        return _once(map(_pair, lines))
    except (ValueError, csv.Error) as error:
        fix = [(option, "write a symbol and a number per line, e.g. AAPL,0.6")]
        raise Problem(f"cannot read {file}: {error}", fix) from None


def _pair(line: Sequence[str]) -> tuple[str, float]:
    if len(line) != _COLUMNS:
        raise ValueError(f"{','.join(line)!r} has no two columns")
    return line[0], number(line[1])


def _once(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for written, value in pairs:
        symbol = written.strip().upper()
        if not symbol:
            raise ValueError("a number without a symbol")
        if symbol in found:
            raise ValueError(f"{symbol} is named twice")
        found[symbol] = value
    if not found:
        raise ValueError("there is no number in it")
    return found
