"""Reads one cell of an upload: a value, nothing (None), or a flaw that says why it is not kept.

Cells of a CSV are text; those of a Parquet file are typed already.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from math import isfinite

from services.marketdata.domain.defects import DefectReason, Flaw

Cell = str | int | float | Decimal | date | datetime | None

SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,9}")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SHOWN = 40


def shown(cell: object) -> str:
    """The cell as a message may quote it."""
    text = str(cell)
    return f"'{text[:SHOWN]}…'" if len(text) > SHOWN else f"'{text}'"


def is_empty(cell: Cell) -> bool:
    """Whether nothing stands in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def missing(field: str) -> Flaw:
    """The flaw of an empty cell that every row needs."""
    return Flaw(DefectReason.MISSING_FIELD, f"{field} is empty; every row needs one")


def read_number(cell: Cell) -> float | Flaw | None:
    """Read a finite number; None from an empty cell."""
    try:
        number = float(cell)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        return None if is_empty(cell) else _not_a_number(cell)
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):
        return _not_a_number(cell)
    if not isfinite(number):
        return Flaw(DefectReason.NOT_FINITE, f"{shown(cell)} is not finite; leave out what is not known")
    return number


def _not_a_number(cell: Cell) -> Flaw:
    return Flaw(DefectReason.BAD_NUMBER, f"{shown(cell)} is not a number; write it as 1234.56")


def read_price(cell: Cell) -> float | Flaw | None:
    """Read a positive, finite price; None from an empty cell."""
    number = read_number(cell)
    if isinstance(number, float) and number <= 0:
        return Flaw(DefectReason.NON_POSITIVE_PRICE, f"{shown(cell)} is not above zero, as a price must be")
    return number


def read_volume(cell: Cell) -> float | Flaw | None:
    """Read a finite volume of at least zero; None from an empty cell."""
    number = read_number(cell)
    if isinstance(number, float) and number < 0:
        return Flaw(DefectReason.NON_POSITIVE_PRICE, f"volume {shown(cell)} is negative")
    return number


def read_symbol(cell: Cell) -> str | Flaw:
    """Read a symbol; an empty cell is a flaw."""
    if is_empty(cell):
        return missing("symbol")
    text = str(cell).strip()
    if SYMBOL.fullmatch(text):
        return text
    return Flaw(DefectReason.BAD_SYMBOL, f"{shown(cell)} is not a symbol: 1 to 10 of A–Z, 0–9, dot, hyphen")


def read_session(cell: Cell, today: date) -> date | Flaw:
    """Read a session no later than `today`; an empty cell is a flaw."""
    if is_empty(cell):
        return missing("date")
    session = _day(cell)
    if session is None:
        return Flaw(DefectReason.BAD_DATE, f"{shown(cell)} is not a date; write it as 2024-12-31")
    if session > today:
        return Flaw(DefectReason.FUTURE_SESSION, f"{session} lies after the day of the import, {today}")
    return session


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        at_midnight = cell.hour == cell.minute == cell.second == cell.microsecond == 0
        return cell.date() if at_midnight else None
    if isinstance(cell, date):
        return cell
    text = str(cell).strip()
    if not ISO_DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
