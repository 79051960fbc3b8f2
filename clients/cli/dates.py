"""Sessions on a command line: ISO 8601 dates, and google.type.Date in the contracts."""

from datetime import date

from google.type.date_pb2 import Date


def session(given: date | None) -> Date | None:
    """The contract's form of a date; None stays None, which leaves a field unset."""
    return None if given is None else Date(year=given.year, month=given.month, day=given.day)
