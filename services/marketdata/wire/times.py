"""Sessions and times on the wire."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from chassis.errors import InvalidRequest

UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def to_date(day: date | None) -> Date | None:
    """A session; none stays none."""
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def to_timestamp(time: datetime) -> Timestamp:
    """An aware time, to the microsecond."""
    since = time - UNIX
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def from_date(request: object, field: str) -> date | None:
    """The whole date in a field, None if it is absent. Raises InvalidRequest if it is no day of the calendar."""
    if not request.HasField(field):  # type: ignore[attr-defined]
        return None
    day: Date = getattr(request, field)
    try:
        return date(day.year, day.month, day.day)
    except ValueError:
        fix = f"{day.year:04d}-{day.month:02d}-{day.day:02d} is not a day of the calendar: give year, month and day"
        raise InvalidRequest([(field, fix)]) from None


def from_timestamp(request: object, field: str) -> datetime | None:
    """The time in a field, None if it is absent. Raises InvalidRequest if it lies outside the years 1 to 9999."""
    if not request.HasField(field):  # type: ignore[attr-defined]
        return None
    time: Timestamp = getattr(request, field)
    try:
        return UNIX + timedelta(seconds=time.seconds, microseconds=time.nanos // 1000)
    except OverflowError:
        raise InvalidRequest([(field, "give a time between the years 1 and 9999")]) from None
