"""What can go wrong around a solve, named by meaning."""

from __future__ import annotations

from collections.abc import Sequence


class JobNotFound(Exception):
    """There is no such job, or it is not the caller's."""


class NotFinished(Exception):
    """The job has not ended."""


class JobCancelled(Exception):
    """The job was cancelled and has no result."""


class TooManyJobs(Exception):
    """The caller has as many unfinished jobs as are allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} jobs are unfinished, which is as many as one may have: wait for one or cancel one")
        self.limit = limit


class RequestIdReused(Exception):
    """The request_id was used with another body."""


class PortfolioNotFound(Exception):
    """There is no such portfolio, or the caller may not see it."""


class UniverseNotFound(Exception):
    """There is no such universe, it is kept no longer, or it is not the caller's."""


class TooManyUniverses(Exception):
    """The caller keeps as many universes, or as many bytes of them, as are allowed."""

    def __init__(self, most: int, most_bytes: int) -> None:
        kept = f"{most} universes of {most_bytes >> 20} MiB together"
        super().__init__(f"more than {kept} may not be kept: put smaller ones, or wait until some expire")
        self.most = most
        self.most_bytes = most_bytes


class DatasetNotFound(Exception):
    """There is no such dataset, or the caller may not see it."""


class InstrumentNotFound(Exception):
    """The dataset lacks instruments."""

    def __init__(self, text: str, symbols: str) -> None:
        super().__init__(text)
        self.symbols = symbols


class InsufficientHistory(Exception):
    """Too few returns are known to estimate from."""

    def __init__(self, text: str, shortfalls: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(text)
        self.shortfalls = tuple(shortfalls)
        """(type, symbol, what it has and needs)."""


class ScopeMissing(Exception):
    """The caller's token lacks a scope that a peer asks for."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs an access token with the scope {scope}")
        self.scope = scope


class PeerUnavailable(Exception):
    """A service that the call needs does not answer."""

    def __init__(self, peer: str) -> None:
        super().__init__(f"{peer} does not answer; try again")
        self.peer = peer


class WorkerLost(Exception):
    """A worker process died while it solved."""

    def __init__(self, engine: str) -> None:
        super().__init__("a worker process died while it solved")
        self.engine = engine


class Saturated(Exception):
    """As many solves wait for a worker as may."""


class StoreUnavailable(Exception):
    """The store of jobs does not answer."""
