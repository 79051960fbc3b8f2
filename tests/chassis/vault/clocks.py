"""Time that the test moves."""

from datetime import UTC, datetime, timedelta


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, moment=None):
        self.moment = moment or datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self):
        return self.moment

    def advance(self, **amount):
        self.moment += timedelta(**amount)


class SetSeconds:
    """The same as seconds."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds
