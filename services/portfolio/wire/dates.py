"""Sessions and times on the wire."""

from __future__ import annotations

from datetime import date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.portfolio.domain.errors import InvalidPortfolio, Violation


def to_date(day: date) -> Date:
    """A session."""
    return Date(year=day.year, month=day.month, day=day.day)


def from_date(day: Date, field: str) -> date:
    """A whole date; InvalidPortfolio names `field` if it is none, e.g. lacks its day."""
    try:
        return date(day.year, day.month, day.day)
    except ValueError:
        fix = f"{day.year:04d}-{day.month:02d}-{day.day:02d} is not a day of the calendar: give year, month and day"
        raise InvalidPortfolio([Violation(field, fix)]) from None


def to_timestamp(time: datetime) -> Timestamp:
    """An aware time."""
    return Timestamp(seconds=int(time.replace(microsecond=0).timestamp()), nanos=time.microsecond * 1000)
