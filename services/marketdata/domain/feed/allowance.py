"""How often a source may be asked, and when it is left in peace: one state per source, which all replicas share.

Whoever wants to ask reserves a call first. What is reserved counts, whether the call is made, answered or neither; so
neither the minute's rate nor the day's budget is exceeded, whoever dies in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum

TRIPPED = 5  # failures in a row, after which a source is left in peace
PEACE = timedelta(minutes=1)  # for the first time; then doubling
LONGEST_PEACE = timedelta(hours=1)
REFUSED = timedelta(hours=1)  # that a source which refuses the key is left in peace
LONGEST_WAIT = timedelta(days=1)  # that a source may ask for
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = LONG_AGO.date()


class Problem(IntEnum):
    """Why a source is not asked, or what was wrong with a call."""

    NONE = 0
    TOO_OFTEN = 1  # it says that it is asked too often
    FAILING = 2  # it fails, or is not reached
    CHANGED_SCHEMA = 3  # its answer is not what it documents
    KEY_REFUSED = 4  # it refuses the key, or what the key may not have
    UNKNOWN_TARGET = 5  # it does not know what it is asked for
    BUDGET_SPENT = 6  # the day's budget is spent
    NOT_STORED = 7  # its answer could not be put where it belongs


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a source may be asked."""

    per_minute: int
    per_day: int  # UTC

    @property
    def spacing(self) -> timedelta:
        """From one call to the next."""
        return timedelta(minutes=1) / self.per_minute


@dataclass(frozen=True, slots=True)
class Allowance:
    """What was asked of a source, and how it fares."""

    day: date = _FIRST_DAY
    calls: int = 0  # on that day
    next_at: datetime = LONG_AGO  # before which no call is made
    failures: int = 0  # in a row
    waits: int = 0  # in a row that it asked for without saying how long
    problem: Problem = Problem.NONE
    blocked_until: datetime = LONG_AGO
    skew: float | None = None  # s that its clock was ahead of ours

    def reserve(self, rate: Rate, now: datetime) -> tuple[Allowance, datetime | None]:
        """Return the state with one more call and None, or as it is with the time before which none is due."""
        if now < self.blocked_until:
            return self, self.blocked_until
        day = max(self.day, now.astimezone(UTC).date())  # a clock that goes back opens no new day
        calls = self.calls if day == self.day else 0
        if calls >= rate.per_day:
            return self, _midnight_after(day)
        if now < self.next_at:
            return self, self.next_at
        # Until it is known how this one ends, nobody else tries a source that was left in peace.
        probing = self.failures >= TRIPPED
        until = now + PEACE if probing else self.blocked_until
        return replace(self, day=day, calls=calls + 1, next_at=now + rate.spacing, blocked_until=until), None

    def answered(self, now: datetime, skew: float | None) -> Allowance:
        """It answered as it should. A wait that another call was told of stays."""
        skew = self.skew if skew is None else skew
        if now < self.blocked_until and self.problem in (Problem.TOO_OFTEN, Problem.KEY_REFUSED):
            return replace(self, failures=0, skew=skew)
        return replace(self, failures=0, waits=0, problem=Problem.NONE, blocked_until=now, skew=skew)

    def failed(self, problem: Problem, now: datetime) -> Allowance:
        """It failed."""
        failures = self.failures + 1
        if failures < TRIPPED:
            return replace(self, failures=failures)
        until = now + min(PEACE * 2 ** min(failures - TRIPPED, 16), LONGEST_PEACE)
        return replace(self, failures=failures, problem=problem, blocked_until=max(self.blocked_until, until))

    def told_to_wait(self, wait: timedelta | None, now: datetime) -> Allowance:
        """It says that it is asked too often, and perhaps how long to wait."""
        waits = self.waits if wait is not None else self.waits + 1
        known = PEACE * 2 ** min(waits - 1, 16) if wait is None else wait
        until = now + min(known, LONGEST_PEACE if wait is None else LONGEST_WAIT)
        until = max(until, self.blocked_until)
        return replace(self, failures=0, waits=waits, problem=Problem.TOO_OFTEN, blocked_until=until)

    def told_to_wait_for_tomorrow(self, now: datetime) -> Allowance:
        """It says that the day's quota is spent."""
        return self.told_to_wait(_midnight_after(now.astimezone(UTC).date()) - now, now)

    def refused(self, now: datetime) -> Allowance:
        """It refuses the key."""
        return replace(self, failures=0, problem=Problem.KEY_REFUSED, blocked_until=now + REFUSED)

    def calls_on(self, day: date) -> int:
        """Calls made on a day, if none was made on a later one."""
        return self.calls if day == self.day else 0

    def problem_at(self, rate: Rate, now: datetime) -> tuple[Problem, datetime | None]:
        """Why it is not asked now, and until when; the spacing of calls is no problem."""
        if now < self.blocked_until:
            return self.problem if self.problem else Problem.FAILING, self.blocked_until
        day = now.astimezone(UTC).date()
        if self.calls_on(day) >= rate.per_day:
            return Problem.BUDGET_SPENT, _midnight_after(day)
        return Problem.NONE, None


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
