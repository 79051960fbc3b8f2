"""When an exchange trades."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from services.marketdata.domain.feed.records import DAY, Bools, Ints

_FIRST_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of an exchange over some weeks, rising; ns since 1970, UTC. What lies before them is not known."""

    opens: Ints  # (k,) at least one
    closes: Ints  # (k,)
    days: Ints  # (k,) ordinals of the days that the exchange calls them by

    def days_of(self, at: Ints) -> Ints:
        """The day of the session that moments (n,) lie in or next to; UTC's day before all that is known.

        What is traded before an opening or after a close belongs to the nearer session, and half-way to the earlier.
        """
        opened = np.searchsorted(self.opens, at, side="right") - 1
        last, following = np.maximum(opened, 0), np.minimum(opened + 1, len(self.opens) - 1)
        is_early = self.opens[following] - at < at - self.closes[last]
        nearest = np.where(is_early & (following > last), following, last)
        return np.where(opened < 0, days_in_utc(at), self.days[nearest])

    def are_far(self, at: Ints, slack: Ints) -> Bools:
        """Whether moments (n,) lie further than the slack (n,) from all sessions."""
        after_opening = np.searchsorted(self.opens, at + slack, side="right") - 1
        known = after_opening >= 0
        closed: Bools = known & (at - slack > self.closes[np.maximum(after_opening, 0)])
        return closed


def days_in_utc(at: Ints) -> Ints:
    """Ordinals of the days, UTC, of moments (n,) in ns since 1970."""
    return _FIRST_DAY + at // DAY
