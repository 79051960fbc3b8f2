"""The calendars of exchanges, by the library exchange_calendars; it is imported when a market is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock

import numpy as np

from services.marketdata.domain.feed.sessions import Sessions

BEFORE, AFTER = timedelta(days=30), timedelta(days=14)  # more than records are taken in of, and than clocks differ


@dataclass(slots=True)
class ExchangeCalendars:
    """The port Calendars; each market's sessions are computed once a day."""

    lock: Lock = field(default_factory=Lock)
    known: dict[str, tuple[date, Sessions | None]] = field(default_factory=dict)

    def sessions(self, mic: str, now: datetime) -> Sessions | None:
        """From memory, or from the library."""
        today = now.date()
        with self.lock:
            found = self.known.get(mic)
            if found is None or found[0] != today:
                found = self.known[mic] = (today, _sessions(mic, today))
        return found[1]


def _sessions(mic: str, today: date) -> Sessions | None:
    import exchange_calendars  # type: ignore[import-untyped]
    from exchange_calendars.errors import CalendarError  # type: ignore[import-untyped]

    try:
        calendar = exchange_calendars.get_calendar(mic, start=str(today - BEFORE), end=str(today + AFTER))
    except CalendarError:
        return None
    opens, closes = (
        times.dt.tz_convert(None).to_numpy("datetime64[ns]") for times in (calendar.opens, calendar.closes)
    )
    days = np.array([session.toordinal() for session in calendar.sessions], np.int64)
    return Sessions(opens.astype(np.int64), closes.astype(np.int64), days) if len(opens) else None
