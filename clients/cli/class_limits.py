"""Limits on classes of assets, as they are typed, and the classes of a file."""

import csv
from collections.abc import Sequence
from pathlib import Path

from qpo.types.v1.mandate_pb2 import ClassLimits, WeightRange

from clients.cli.ends import ends, unread
from clients.cli.problem import USAGE, Problem

OPTION = "--class-limit"
FORM = "'ATTRIBUTE:CLASS=MIN:MAX', e.g. 'sector:energy=:0.2', or 'sector:*=:0.2' for each of the others"
_OTHERS = "*"
_COLUMNS = "write a header line of symbol and attributes, e.g. symbol,sector; then a line per asset"


def class_limits(typed: Sequence[str], file: Path | None) -> list[ClassLimits]:
    """The contract's ClassLimits, one per attribute, with the members that the file names.

    Raises Problem on what cannot be read, and on a file whose attributes nothing limits.
    """
    found: dict[str, ClassLimits] = {}
    for text in typed:
        attribute, _, rest = text.partition(":")
        name, _, limits = rest.rpartition("=")
        attribute, name = attribute.strip(), name.strip()
        if not attribute or not name:
            raise unread(OPTION, text, FORM)
        _limit(found.setdefault(attribute, ClassLimits(attribute=attribute)), name, text, limits)
    for attribute, members in (_members(file, found) if file else {}).items():
        found[attribute].members.update(members)
    return list(found.values())


def _limit(of: ClassLimits, name: str, text: str, limits: str) -> None:
    low, high = ends(limits, OPTION, text, FORM)
    if name != _OTHERS:
        of.limits[name].CopyFrom(WeightRange(min=low, max=high))
    elif low is not None or high is None:
        raise unread(OPTION, text, FORM)  # each of the others has a cap alone
    else:
        of.max_each = high


def _members(file: Path, limited: dict[str, ClassLimits]) -> dict[str, dict[str, str]]:
    """The class of each symbol, for each limited attribute that the file has a column of."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    try:
        with file.open(newline="", encoding="utf-8-sig") as content:
            header, *lines = [line for line in csv.reader(content) if any(cell.strip() for cell in line)] or [[]]
        named = [name.strip() for name in header]
        symbol = [name.lower() for name in named].index("symbol")
        wanted = {attribute: named.index(attribute) for attribute in limited if attribute in named}
        found = {attribute: _column(lines, symbol, at) for attribute, at in wanted.items()}
    except (ValueError, IndexError, csv.Error) as error:
        raise Problem(f"cannot read {file}: {error}", [("--classes-file", _COLUMNS)]) from None
    if not found:
        fix = [(OPTION, f"limit the classes of a column of {file}: {', '.join(named)}")]
        raise Problem(f"nothing limits the classes of {file}", fix, exit_code=USAGE)
    return found


def _column(lines: list[list[str]], symbol: int, at: int) -> dict[str, str]:
    """One class per symbol; an empty cell is none."""
    cells = [(line[symbol].strip().upper(), line[at].strip()) for line in lines]
    if len({name for name, _ in cells}) < len(cells):
        raise ValueError("a symbol stands twice")
    return {name: cell for name, cell in cells if cell}
