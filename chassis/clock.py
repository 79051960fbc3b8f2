"""Time, as something that can be passed in."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Returns the present time, aware, UTC."""
        return datetime.now(UTC)
