"""What a CSV file says of instruments, line by line."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qpo.marketdata.v1.marketdata_service_pb2 import InstrumentUpdate

from clients.cli.problem import Problem

COLUMNS = ("symbol", "sector", "country", "currency", "lot_size", "name", "mic")
_FORM = f"write a header line of symbol and any of {', '.join(COLUMNS[1:])}; then a line per instrument"
_UPPER = frozenset({"symbol", "country", "currency", "mic"})


def updates_in(file: Path) -> list[InstrumentUpdate]:
    """One update per line; what an empty cell would say is left out. Raises Problem on what cannot be read."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    try:
        with file.open(newline="", encoding="utf-8-sig") as content:
            updates = list(_updates(csv.reader(content)))
    except (ValueError, csv.Error) as error:
        raise Problem(f"cannot read {file}: {error}", [("--file", _FORM)]) from None
    if not updates:
        raise Problem(f"{file} says nothing of any instrument", [("--file", _FORM)])
    return updates


def _updates(lines: Iterator[list[str]]) -> Iterator[InstrumentUpdate]:
    header = [name.strip().lower() for name in next(lines, [])]
    _check(header)
    for number, line in enumerate(lines, 2):
        if len(line) > len(header):
            raise ValueError(f"line {number} has {len(line)} cells, and the header {len(header)}")
        if any(cell.strip() for cell in line):
            yield _update(dict(zip(header, line, strict=False)), number)


def _check(header: Sequence[str]) -> None:
    strangers = [name for name in header if name not in COLUMNS]
    if "symbol" not in header:
        raise ValueError("there is no column symbol")
    if strangers:
        raise ValueError(f"there is no place for a column {strangers[0]!r}")
    if len(set(header)) < len(header):
        raise ValueError("a column stands twice")


def _update(cells: Mapping[str, str], number: int) -> InstrumentUpdate:
    said = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
    said = {name: cell.upper() if name in _UPPER else cell for name, cell in said.items()}
    if "symbol" not in said:
        raise ValueError(f"line {number} names no symbol")
    lot = said.pop("lot_size", None)
    try:
        return InstrumentUpdate(**said, lot_size=None if lot is None else int(lot))
    except ValueError:
        raise ValueError(f"line {number}: {lot!r} is not a number of units") from None
