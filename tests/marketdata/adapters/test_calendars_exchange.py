"""The calendars of real exchanges."""

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np

from services.marketdata.adapters.calendars_exchange import ExchangeCalendars

THANKSGIVING = datetime(2026, 11, 26, 16, tzinfo=UTC)
DAY = 86_400_000_000_000


def at(*moment):
    return np.array([int(datetime(*moment, tzinfo=UTC).timestamp()) * 10**9])


def test_a_holiday_and_a_weekend_have_no_session_and_a_short_day_has():
    new_york = ExchangeCalendars().sessions("XNAS", THANKSGIVING)
    none = np.array([0])
    assert new_york.are_far(at(2026, 11, 26, 16), none).all()
    assert not new_york.are_far(at(2026, 11, 27, 16), none).any()
    assert new_york.are_far(at(2026, 11, 27, 19), none).all()  # the day after Thanksgiving ends at 13:00
    assert new_york.are_far(at(2026, 11, 28, 16), none).all()


def test_a_session_of_sydney_begins_on_the_day_before_by_utc():
    sydney = ExchangeCalendars().sessions("XASX", THANKSGIVING)
    assert not sydney.are_far(at(2026, 11, 25, 23, 30), np.array([0])).any()


def test_an_evening_in_new_york_belongs_to_its_session_and_a_morning_in_sydney_too():
    new_york = ExchangeCalendars().sessions("XNYS", THANKSGIVING)
    evening, before_the_opening = at(2026, 11, 25, 0, 30), at(2026, 11, 25, 10)
    assert new_york.days_of(evening) == [datetime(2026, 11, 24, tzinfo=UTC).toordinal()]
    assert new_york.days_of(before_the_opening) == [datetime(2026, 11, 25, tzinfo=UTC).toordinal()]
    sydney = ExchangeCalendars().sessions("XASX", THANKSGIVING)
    assert sydney.days_of(at(2026, 11, 25, 23, 30)) == [datetime(2026, 11, 26, tzinfo=UTC).toordinal()]


def test_what_nobody_knows_has_no_sessions_and_what_is_known_is_known_for_a_day():
    calendars = ExchangeCalendars()
    assert calendars.sessions("ZZZZ", THANKSGIVING) is None
    assert calendars.sessions("XLON", THANKSGIVING) is calendars.sessions("XLON", THANKSGIVING)
    later = calendars.sessions("XLON", datetime(2026, 12, 20, tzinfo=UTC))
    assert later.opens[-1] > calendars.known["XLON"][1].opens[0]
    assert (np.diff(later.opens) > 0).all()


def test_whoever_asks_for_no_market_does_not_import_the_library():
    code = "import sys; from services.marketdata.adapters.calendars_exchange import ExchangeCalendars as E; E();"
    code += "assert not {'pandas', 'exchange_calendars'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
