"""Numbers by symbol: typed as AAPL=0.6,MSFT=0.4, or kept in a file with a symbol and a number per line."""

import csv
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path

from clients.cli.problem import USAGE, Problem

FORM = "SYMBOL=NUMBER,SYMBOL=NUMBER, e.g. AAPL=0.6,MSFT=0.4"


def number(text: str) -> float:
    """A finite number. Raises ValueError on anything else."""
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value


def by_symbol(typed: Sequence[str], file: Path | None, option: str) -> dict[str, float]:
    """What was typed after an option, or what the file of its `-file` twin holds.

    Raises Problem if both were given, or on what cannot be read.
    """
    if file is None:
        return of_text(typed, option)
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
    """Numbers from a CSV file of two columns, with or without a line of names above them. Raises Problem."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    try:
        with file.open(newline="", encoding="utf-8-sig") as content:
            lines = [line for line in csv.reader(content) if any(cell.strip() for cell in line)]
        if lines and not _is_pair(lines[0]):
            lines.pop(0)
        return _once((symbol, number(value)) for symbol, value in lines)
    except (ValueError, csv.Error) as error:
        fix = [(option, "write a symbol and a number per line, e.g. AAPL,0.6")]
        raise Problem(f"cannot read {file}: {error}", fix) from None


def _is_pair(line: Sequence[str]) -> bool:
    try:
        _, value = line
        number(value)
    except ValueError:
        return False
    return True


def _once(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for written, value in pairs:
        symbol = written.strip().upper()
        if not symbol:
            raise ValueError("a number without a symbol")
        if symbol in found:
            raise ValueError(f"{symbol} is named twice")
        found[symbol] = value
    return found
