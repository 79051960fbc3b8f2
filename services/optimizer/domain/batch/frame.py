"""A frame: B portfolios in packed form, little-endian float64, portfolio by portfolio.

Whoever passes a frame on needs its sizes alone:

    bytes = count, then the length of each field, int64 little-endian | the fields, in their order
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from services.optimizer.domain.errors import Violation
from services.optimizer.domain.vectors import Index, Vector

DOUBLE = 8  # bytes
MOST_NUMBERS = 1_000_000
"""B × N."""


@dataclass(frozen=True, slots=True)
class Frame:
    """B portfolios as bytes; an empty field leaves all of them to what the stream's portfolios share."""

    count: int
    """B."""
    mu_tilts: bytes = b""
    """(B, N), added to μ."""
    lower: bytes = b""
    """(B, N), least weights."""
    upper: bytes = b""
    """(B, N), greatest weights."""
    holdings: bytes = b""
    """(B, N): w₀."""
    row_caps: bytes = b""
    """(B, m)."""
    risk_aversions: bytes = b""
    """(B,): γ."""
    caps: bytes = b""
    """(B,): greatest weight of any asset."""
    commissions: bytes = b""
    """(B,)."""
    portfolio_values: bytes = b""
    """(B,)."""


FIELDS = tuple(field.name for field in fields(Frame))[1:]
PER_ASSET = ("mu_tilts", "lower", "upper", "holdings")
PER_ROW = ("row_caps",)
_SIZES = struct.Struct(f"<{1 + len(FIELDS)}q")


def width(field: str, assets: int, rows: int) -> int:
    """Numbers per portfolio."""
    if field in PER_ASSET:
        return assets
    return rows if field in PER_ROW else 1


def misfits(frame: Frame, assets: int, rows: int) -> Iterator[Violation]:
    """What does not fit over a universe of N assets with m rows that may be replaced."""
    if frame.count < 1 or frame.count * assets > MOST_NUMBERS:
        most = max(1, MOST_NUMBERS // assets)
        yield Violation("count", f"send 1 to {most} portfolios of {assets} assets in a frame, not {frame.count}")
        return
    for field in FIELDS:
        found, each = len(getattr(frame, field)), width(field, assets, rows)
        wanted = DOUBLE * frame.count * each
        if found and found != wanted:
            shape = f"{DOUBLE} × {frame.count}" + (f" × {each}" if field in (*PER_ASSET, *PER_ROW) else "")
            yield Violation(field, f"send no bytes or {shape} = {wanted}, not {found}")


def parts_of(frame: Frame) -> tuple[bytes, ...]:
    """What joined are a frame's bytes."""
    parts = [getattr(frame, field) for field in FIELDS]
    return (_SIZES.pack(frame.count, *map(len, parts)), *parts)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A frame's numbers; None where it leaves them to what is shared."""

    count: int
    mu_tilts: Vector | None
    lower: Vector | None
    upper: Vector | None
    holdings: Vector | None
    row_caps: Vector | None
    risk_aversions: Vector | None
    caps: Vector | None
    commissions: Vector | None
    portfolio_values: Vector | None

    def part(self, first: int, last: int) -> Numbers:
        """Portfolios first..last − 1, without a copy."""
        chosen = {field: None if (value := getattr(self, field)) is None else value[first:last] for field in FIELDS}
        return Numbers(last - first, **chosen)

    def only(self, which: Index) -> Numbers:
        """Some of the portfolios."""
        chosen = {field: None if (value := getattr(self, field)) is None else value[which] for field in FIELDS}
        return Numbers(which.size, **chosen)


def numbers_of(data: bytes | bytearray | memoryview, assets: int, rows: int) -> Numbers:
    """The numbers of a frame's bytes, without a copy."""
    count, *sizes = _SIZES.unpack_from(data)
    at, found = _SIZES.size, dict.fromkeys(FIELDS)
    for field, size in zip(FIELDS, sizes, strict=True):
        if size:
            values = np.frombuffer(data, dtype="<f8", count=size // DOUBLE, offset=at)
            wide = field in (*PER_ASSET, *PER_ROW)
            found[field] = values.reshape(count, width(field, assets, rows)) if wide else values
        at += size
    return Numbers(count, **found)
