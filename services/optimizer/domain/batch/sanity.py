"""Which portfolios of a frame make no sense, and what to mend."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from services.optimizer.domain.batch.answers import Failed, Outcome
from services.optimizer.domain.batch.frame import FIELDS, Numbers
from services.optimizer.domain.batch.shared import Shared
from services.optimizer.domain.vectors import Index, Mask, Vector

GREATEST = 1e15


def insane(numbers: Numbers, shared: Shared) -> tuple[Failed, ...]:
    """One failure for each portfolio with a number that may not be, in order."""
    found: dict[int, str] = {}
    for mask, mend in _rules(numbers, shared):
        for index in np.flatnonzero(mask).tolist():
            found.setdefault(index, mend)
    return tuple(Failed(index, Outcome.INVALID, found[index]) for index in sorted(found))


def others(count: int, failed: tuple[Failed, ...]) -> Index:
    """The portfolios that are not among the failed."""
    kept = np.ones(count, dtype=np.bool_)
    kept[[each.index for each in failed]] = False
    return np.flatnonzero(kept).astype(np.int64)


def _rules(numbers: Numbers, shared: Shared) -> Iterator[tuple[Mask, str]]:
    """Each with the portfolios that break it."""
    for field in FIELDS:
        values = getattr(numbers, field)
        if values is not None:
            yield _wild(values), f"{field}: must be finite: replace NaN and infinity"
    if numbers.risk_aversions is not None:
        yield numbers.risk_aversions <= 0, "risk_aversions: must be above 0"
    if numbers.commissions is not None:
        yield numbers.commissions < 0, "commissions: must not be below 0"
    if numbers.portfolio_values is not None:
        yield numbers.portfolio_values <= 0, "portfolio_values: must be above 0"
    if numbers.lower is not None or numbers.upper is not None:
        lower = shared.admissible.lower if numbers.lower is None else numbers.lower
        upper = shared.admissible.upper if numbers.upper is None else numbers.upper
        yield np.any(lower > upper, axis=-1), "lower: must not exceed upper"


def _wild(values: Vector) -> Mask:
    """Where a portfolio has a number that is NaN, infinite or beyond all sense."""
    wild = ~(np.abs(values) <= GREATEST)
    return np.asarray(wild if values.ndim == 1 else wild.any(axis=1))
