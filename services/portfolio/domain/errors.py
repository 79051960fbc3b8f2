"""What can be wrong with a portfolio or with what is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class PortfolioError(Exception):
    """A call that can't be answered; its text is meant for the caller."""


class PortfolioNotFound(PortfolioError):
    """There is no such portfolio, or the caller may not see it."""

    def __init__(self, portfolio_id: str) -> None:
        super().__init__(f"there is no portfolio {portfolio_id}")
        self.portfolio_id = portfolio_id


class EtagMismatch(PortfolioError):
    """The portfolio is not the version that the caller knows."""

    def __init__(self) -> None:
        super().__init__("the portfolio has changed since this etag was given: get it again and repeat the change")


class RequestIdReused(PortfolioError):
    """The request id was used before, with another body."""

    def __init__(self) -> None:
        super().__init__("this request_id was used with another body: use a new one")


@dataclass(frozen=True, slots=True)
class Violation:
    """A field that breaks a rule, by its path, and how to mend it."""

    field: str
    fix: str


class InvalidPortfolio(PortfolioError):
    """Fields contradict each other, or hold what can't be stored."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.field}: {v.fix}" for v in violations))
        self.violations = tuple(violations)


class NotPriced(PortfolioError):
    """A holding has no close to be valued at, or the dataset of prices can't be read."""


class NotRebalanceable(PortfolioError):
    """The portfolio has nothing to invest, or nothing to invest in."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A constraint that can't be met with the others: its kind, its name, and how far it would have to give."""

    kind: str
    subject: str
    description: str


class Infeasible(PortfolioError):
    """No weights satisfy the constraints."""

    def __init__(self, message: str, conflicts: Sequence[Conflict] = ()) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


class ScopeMissing(PortfolioError):
    """A service that the call needs refuses the caller's token for want of a scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"the access token lacks the scope {scope}")
        self.scope = scope


class PeerUnavailable(PortfolioError):
    """A service that the call needs does not answer."""

    def __init__(self, peer: str) -> None:
        super().__init__(f"{peer} does not answer: try again")
        self.peer = peer
