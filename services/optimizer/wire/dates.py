"""Sessions and times on the wire."""

from __future__ import annotations

from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.optimizer.domain.errors import InvalidProblem, Violation


def to_date(day: date) -> Date:
    """A session."""
    return Date(year=day.year, month=day.month, day=day.day)


def from_date(day: Date, field: str) -> date:
    """A whole date; InvalidProblem names `field` if it is none, e.g. lacks its day."""
    try:
        return date(day.year, day.month, day.day)
    except ValueError:
        found = f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
        mend = f"{found} is not a day of the calendar: give year, month and day"
        raise InvalidProblem([Violation(field, mend)]) from None


def to_timestamp(time: datetime) -> Timestamp:
    """An aware time."""
    return Timestamp(seconds=int(time.replace(microsecond=0).timestamp()), nanos=time.microsecond * 1000)


def from_timestamp(time: Timestamp, field: str) -> datetime:
    """A time, UTC; InvalidProblem names `field` if it is out of the calendar."""
    try:
        return time.ToDatetime(UTC)
    except (ValueError, OverflowError):
        mend = "is out of the calendar: give a time between the years 1 and 9999"
        raise InvalidProblem([Violation(field, mend)]) from None
