"""Sessions on a command line: ISO 8601 dates, and google.type.Date in the contracts."""

from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date


def session(given: date | None) -> Date | None:
    """The contract's form of a date; None stays None, which leaves a field unset."""
    return None if given is None else Date(year=given.year, month=given.month, day=given.day)


def stamp(given: datetime | None) -> Timestamp | None:
    """The contract's form of a time, which is UTC if it does not say; None stays None."""
    if given is None:
        return None
    moment = Timestamp()
    moment.FromDatetime(given if given.tzinfo else given.replace(tzinfo=UTC))
    return moment
