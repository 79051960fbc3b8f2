"""When an exchange trades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.marketdata.domain.feed.records import Bools, Ints


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of an exchange over some weeks, rising; ns since 1970, UTC. What lies before them is not known."""

    opens: Ints  # (k,) at least one
    closes: Ints  # (k,)

    def are_far(self, at: Ints, slack: Ints) -> Bools:
        """Whether moments (n,) lie further than the slack (n,) from all sessions."""
        after_opening = np.searchsorted(self.opens, at + slack, side="right") - 1
        known = after_opening >= 0
        closed: Bools = known & (at - slack > self.closes[np.maximum(after_opening, 0)])
        return closed
