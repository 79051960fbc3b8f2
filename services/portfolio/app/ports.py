"""What the use cases need of the world."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from services.portfolio.domain.events import Happening
from services.portfolio.domain.mandate import Constraints
from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.domain.strategy import Strategy
from services.portfolio.domain.valuation import Close


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


class Ids(Protocol):
    """Mints identifiers."""

    def new(self) -> str:
        """A UUIDv7."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose portfolios a call may touch: its caller's own, those of their clients, or everybody's.

    Somebody is a client for as long as their link to the caller is valid, which the store knows.
    """

    user_id: str
    tenant_id: str
    everyone: bool = False
    clients: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """A call that may be repeated: who made it, under which id, with which body, about which portfolio if about one."""

    request_id: str
    method: str
    user_id: str
    tenant_id: str
    body: bytes
    portfolio_id: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """That an advisor may reach a client's portfolios: valid_from <= moment < valid_until (None: without end)."""

    advisor_id: str
    client_id: str
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to a portfolio and made it this version, in the bytes in which it was told."""

    portfolio_id: str
    version: int
    occurred_at: datetime
    told: bytes


class Place(NamedTuple):
    """A place in the list of portfolios, newest first: the last one seen."""

    created_at: datetime
    portfolio_id: str


class Transaction(Protocol):
    """All of it is kept, or, when the block raises, none."""

    async def replayed(self, once: Once) -> bytes | None:
        """The answer remembered for this call; None claims it, and a concurrent twin waits. RequestIdReused."""
        ...

    async def remember(self, once: Once, answer: bytes) -> None:
        """Keep the answer for repetitions of the call."""
        ...

    async def lock(self, reach: Reach, portfolio_id: str) -> Portfolio | None:
        """The portfolio with its holdings, held against other writers; None if it is not within reach."""
        ...

    async def insert(self, portfolio: Portfolio) -> None:
        """Keep a new portfolio. Unauthenticated if its owner has left."""
        ...

    async def write_mandate(self, portfolio: Portfolio) -> None:
        """Write name, strategy, constraints, updated_at and version of a locked portfolio."""
        ...

    async def write_positions(self, portfolio: Portfolio) -> None:
        """Write cash, holdings, updated_at and version of a locked portfolio."""
        ...

    async def delete(self, portfolio_id: str) -> None:
        """Delete a locked portfolio with all that belongs to it."""
        ...

    async def tell(self, happened: Happening) -> None:
        """Tell whoever wants to know, once and only if all of this is kept."""
        ...

    async def depart(self, user_id: str) -> None:
        """Let a user leave: no new portfolio of theirs is kept from now on."""
        ...

    async def lock_all(self, user_id: str) -> Sequence[Portfolio]:
        """All portfolios of a user, held against other writers."""
        ...

    async def link(self, link: Link) -> None:
        """Let an advisor reach a client's portfolios while the link is valid; not if one of them has left."""
        ...

    async def unlink(self, advisor_id: str, client_id: str) -> None:
        """Let an advisor reach a client's portfolios no more."""
        ...

    async def silence(self, user_id: str, portfolio_ids: Sequence[str]) -> None:
        """Take away what was told of these portfolios, and of all others that a user ever opened."""
        ...

    async def unlink_all(self, user_id: str) -> None:
        """Forget who advised a user, and whom they advised."""
        ...

    async def shred(self, tenant_id: str) -> None:
        """Destroy the keys of a tenant who has no portfolio: what they sealed opens no more, wherever it is kept."""
        ...


class Portfolios(Protocol):
    """Where portfolios are kept."""

    async def get(self, reach: Reach, portfolio_id: str) -> Portfolio | None:
        """The portfolio with its holdings by symbol; None if it is not within reach."""
        ...

    async def page(self, reach: Reach, limit: int, after: Place | None, owner_id: str = "") -> Sequence[Portfolio]:
        """Up to `limit` portfolios behind `after`, newest first, without holdings.

        Those of an owner within reach; without one, the caller's own or everybody's.
        """
        ...

    async def whole_page(self, owner: Reach, limit: int, after: Place | None) -> Sequence[Portfolio]:
        """Up to `limit` of the owner's own portfolios behind `after`, newest first, with holdings by symbol."""
        ...

    async def history(self, owner: Reach, behind: tuple[str, int] | None, limit: int) -> Sequence[Past]:
        """Up to `limit` things that happened to portfolios that the owner opened, by id and version, behind one."""
        ...

    async def require_present(self, user_id: str) -> None:
        """Raise Unauthenticated if a user has left."""
        ...

    async def count(self) -> int:
        """How many portfolios there are, of everybody. PeerUnavailable."""
        ...

    async def answered(self, once: Once) -> bytes | None:
        """The answer remembered for this call, without claiming it. RequestIdReused."""
        ...

    async def forget(self) -> int:
        """Drop the answers that are older than 24 hours; returns how many. PeerUnavailable."""
        ...

    def transaction(self, reach: Reach) -> AbstractAsyncContextManager[Transaction]:
        """A unit of work, which touches nothing beyond the reach."""
        ...


class Answers(Protocol):
    """What GetPortfolio answers, in the contract's bytes; kept for a while, or made anew each time."""

    async def get(self, reach: Reach, portfolio_id: str) -> bytes | None:
        """The answer of now; None if the portfolio is not within reach."""
        ...


class Prices(Protocol):
    """What things cost."""

    async def closes(self, dataset: str, symbols: Collection[str], session: date | None) -> Mapping[str, Close]:
        """Each symbol's last close on or before `session` (None: the last there is); those without are left out.

        NotPriced if the dataset or a symbol is unknown there; PeerUnavailable, ScopeMissing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Problem:
    """What the optimizer is asked: the strategy's goal over its universe, from the current weights (fractions)."""

    strategy: Strategy
    constraints: Constraints
    current_weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Solution:
    """Optimal weights by symbol (fractions) and what they promise per year."""

    weights: Mapping[str, float]
    expected_return: float
    volatility: float
    sharpe_ratio: float


class Optimizer(Protocol):
    """Decides on weights."""

    async def solve(self, problem: Problem) -> Solution:
        """The optimum. Infeasible; NotRebalanceable if it can't be posed; PeerUnavailable, ScopeMissing."""
        ...
