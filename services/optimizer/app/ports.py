"""What the use cases need from outside, in their own words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.optimizer.domain.batch.answers import Answers
from services.optimizer.domain.batch.frame import Frame
from services.optimizer.domain.classes import Classes
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.job import Job
from services.optimizer.domain.moments import Estimation, Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Frontier, FrontierPoint, Optimum

Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    user_id: str
    tenant_id: str
    tier: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Universe:
    """Assets of a dataset, and how their moments are estimated."""

    dataset: str
    symbols: tuple[str, ...] = ()
    """None means all of the dataset."""
    estimation: Estimation = field(default_factory=Estimation)
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resident:
    """Moments that were put before, by their id."""

    universe_id: str


@dataclass(frozen=True, slots=True)
class NewUniverse:
    """A universe to be kept; `moments` are canonical bytes."""

    id: str
    """SHA-256 of `moments`, hexadecimal."""
    assets: int
    factors: int
    """0: the covariance is dense."""
    moments: bytes


@dataclass(frozen=True, slots=True)
class KeptUniverse:
    """A universe that somebody put, without its moments."""

    id: str
    assets: int
    factors: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Lent:
    """A universe that a worker has or is sent: the problem beside it comes without moments."""

    universe_id: str
    assets: int
    factors: int
    """0: the covariance is dense."""
    read: Callable[[], Awaitable[bytes]]
    """Canonical bytes of its moments. Raises UniverseNotFound."""


@dataclass(frozen=True, slots=True)
class StoredPortfolio:
    """What a stored portfolio says of how it is run; None where it says nothing."""

    goal: Goal | None = None
    constraints: Constraints | None = None
    universe: tuple[str, ...] = ()
    dataset: str = ""
    estimation: Estimation | None = None
    costs: Costs | None = None
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repeatable:
    """What makes a request the same as another: its id, and a digest of its body."""

    request_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be stored; `problem` is whole, in canonical bytes."""

    id: str
    goal: Goal
    assets: int
    portfolio_id: str
    time_budget_ms: int
    problem: bytes


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a result is for, and for which portfolio; "" for none."""

    user_id: str = ""
    tenant_id: str = ""
    portfolio_id: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that a worker holds, for as long as its lease is renewed; the fence tells it from other claims of it."""

    job_id: str
    fence: int
    attempt: int
    tier: str
    goal: Goal
    time_budget_ms: int
    problem: bytes
    whose: Whose = field(default_factory=Whose)


class Ids(Protocol):
    """Mints identifiers."""

    def new(self) -> str:
        """A UUIDv7."""
        ...


class MomentsSource(Protocol):
    """Estimates moments."""

    async def estimate(self, universe: Universe, with_scenarios: bool = False) -> Moments:
        """The moments of a universe, with the returns they were estimated from if asked for.

        Raises DatasetNotFound, InstrumentNotFound, InsufficientHistory, InvalidProblem, ScopeMissing, PeerUnavailable.
        """
        ...


class Instruments(Protocol):
    """Reads what is known of instruments."""

    async def classes(self, dataset: str, symbols: Sequence[str]) -> Classes:
        """The sectors, countries and currencies of these symbols of a dataset; without any, of all.

        Raises DatasetNotFound, InstrumentNotFound, ScopeMissing, PeerUnavailable.
        """
        ...


class Portfolios(Protocol):
    """Reads stored portfolios."""

    async def read(self, portfolio_id: str) -> StoredPortfolio:
        """One that the caller may see. Raises PortfolioNotFound, ScopeMissing, PeerUnavailable."""
        ...


class Universes(Protocol):
    """What users put. Nobody finds what another user put."""

    async def keep(self, caller: Caller, universe: NewUniverse, seconds: int) -> KeptUniverse:
        """Keep a universe for so long from now, or longer if it is kept longer already.

        Raises TooManyUniverses, Unauthenticated if the caller's account was deleted.
        """
        ...

    async def extend(self, caller: Caller, universe_id: str, seconds: int) -> KeptUniverse:
        """Keep a universe for so long from now, or as long as it is kept already. Raises UniverseNotFound."""
        ...

    async def find(self, caller: Caller, universe_id: str) -> KeptUniverse:
        """One of the caller's universes. Raises UniverseNotFound."""
        ...

    async def read(self, caller: Caller, universe_id: str) -> bytes:
        """Canonical bytes of the moments of one of the caller's universes. Raises UniverseNotFound."""
        ...

    async def sweep(self) -> None:
        """Delete what is kept no longer. Raises StoreUnavailable."""
        ...


class Solvers(Protocol):
    """Solves outside of the event loop. A cancelled await stops the solve. Any may raise WorkerLost or Saturated.

    A problem's moments may be lent: then it comes without them.
    """

    async def check(self, problem: bytes, seconds: float) -> None:
        """Raise what solving would, without solving. Raises the errors of `Engine.check`."""
        ...

    async def solve(
        self, problem: bytes, seconds: float, report: Report | None = None, lent: Lent | None = None
    ) -> Optimum:
        """Solve within a time. Raises the errors of `Engine.solve`."""
        ...

    async def explain(self, problem: bytes, seconds: float) -> Explained:
        """Solve within a time and say why. Raises the errors of `Engine.solve`."""
        ...

    async def frontier(
        self,
        problem: bytes,
        points: int,
        seconds: float,
        *,
        tell: Callable[[FrontierPoint], None] | None = None,
        lent: Lent | None = None,
    ) -> Frontier:
        """Solve a frontier within a time; `tell` hears of each point. Raises the errors of `Engine.frontier`."""
        ...

    async def batch(self, header: bytes, frame: Frame, seconds: float, lent: Lent, *, weights: bool) -> Answers:
        """Solve a frame of portfolios that share a header. Raises InvalidProblem, OutOfTime, SolverFailed."""
        ...


class QuickSolver(Protocol):
    """Solves what takes no longer than to ask somebody else."""

    async def solve(self, problem: Problem, lent: Lent, seconds: float) -> Optimum | None:
        """What `Solvers.solve` finds for a problem without moments; None: it is to be asked."""
        ...


class Results(Protocol):
    """What was found for a problem before, for as long as it is kept. Never fails: not to know is no error."""

    async def find(self, whose: Whose, problem: bytes) -> Optimum | None:
        """The optimum of this problem, for the same user and portfolio; None if none is kept."""
        ...

    async def keep(self, whose: Whose, problem: bytes, found: Optimum) -> None:
        """Keep an optimum that any other run on this problem would find too."""
        ...


class Leavings(Protocol):
    """What a user leaves behind; all is deleted and told in one transaction, or none of it."""

    async def depart(self, user_id: str) -> None:
        """Let a user leave: no new job of theirs is stored from now on."""
        ...

    async def cancel_jobs(self, user_id: str) -> None:
        """End the user's jobs that have not ended, and tell it; whoever solves one stops."""
        ...

    async def delete_jobs(self, user_id: str) -> None:
        """Delete the user's jobs, and tell it."""
        ...

    async def delete_universes(self, user_id: str) -> None:
        """Delete what the user put."""
        ...


class JobBook(Protocol):
    """The jobs as their owners see them. That one was submitted or cancelled is told, in the same transaction."""

    async def repeated(self, caller: Caller, request: Repeatable) -> str | None:
        """The id of the job that this request made before; None if it is new. Raises RequestIdReused."""
        ...

    async def submit(self, caller: Caller, job: NewJob, request: Repeatable | None, limit: int) -> str:
        """Store a job, or find the one that the same request made; its id.

        Raises RequestIdReused, TooManyJobs, Unauthenticated if the caller's account was deleted.
        """
        ...

    async def get(self, caller: Caller, job_id: str) -> Job:
        """One of the caller's jobs. Raises JobNotFound."""
        ...

    async def result(self, caller: Caller, job_id: str) -> Optimum:
        """The result of one of the caller's jobs that succeeded. Raises JobNotFound."""
        ...

    async def problem(self, caller: Caller, job_id: str) -> bytes:
        """What one of the caller's jobs is to solve, in canonical bytes. Raises JobNotFound."""
        ...

    async def page(self, caller: Caller, portfolio_id: str, before: str, size: int) -> list[Job]:
        """The caller's jobs older than the job `before` ("" for the newest), newest first, at most `size`."""
        ...

    async def cancel(self, caller: Caller, job_id: str) -> Job:
        """Cancel one of the caller's jobs, or ask its worker to; one that has ended stays. Raises JobNotFound."""
        ...


class JobQueue(Protocol):
    """The jobs as workers see them; each end is told, in the same transaction. All may raise StoreUnavailable."""

    async def claim(self, lease: float) -> Claim | None:
        """The oldest job that waits, leased for `lease` seconds; None if there is none."""
        ...

    async def renew(self, claim: Claim, lease: float) -> bool:
        """Hold a job for `lease` seconds more; False if it is not ours any more or is not wanted any more."""
        ...

    async def tell(self, claim: Claim, progress: Progress) -> None:
        """Store progress and tell whoever watches."""
        ...

    async def succeed(self, claim: Claim, found: Optimum) -> bool:
        """End a job with its result; False if it was not ours any more."""
        ...

    async def fail(self, claim: Claim, error: Exception) -> bool:
        """End a job with an error; False if it was not ours any more."""
        ...

    async def drop(self, claim: Claim) -> bool:
        """End a job as cancelled; False if it was not ours any more."""
        ...

    async def give_back(self, claim: Claim, *, spent: bool) -> None:
        """Let another worker have it; `spent` counts this attempt, and after the last one the job has failed."""
        ...

    async def sweep(self) -> None:
        """Take back what was leased and not renewed."""
        ...


class Meter(Protocol):
    """Counts solves."""

    def ended(self, tier: str, kind: str, result: str, seconds: float) -> None:
        """One solve of a kind (an objective, or `frontier`) ended with a result after some time."""
        ...

    def answered(self, engine: str, given_up: Sequence[str]) -> None:
        """An engine found an optimum after others had given it up."""
        ...
