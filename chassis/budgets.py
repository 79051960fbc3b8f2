"""How often one principal may call one method: counted here, and made known to the other replicas step by step.

A call is let in or refused by what this process knows, which costs a look into a dictionary and no round trip.
Whenever it has counted a step, a twentieth of the limit, it adds that to Redis behind the callers' backs, and learns in
the same breath what the others have counted. So each replica may let in up to a step that the others do not know of,
and what arrives during a round trip: of a limit of L, one replica lets in L, two together at most 1.1 L. Whoever calls
seldom costs Redis nothing. While Redis is away each replica counts by itself, so that two let in at most 2 L.

Over a moving window: the calls of the clock's present window, and of the one before the share that still lies within
the last so many seconds, as if they had come evenly. What is refused is not counted: whoever comes back in time gets
in.

A call that a service makes for its caller is not counted: the caller's own was.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from limits import parse
from prometheus_client import CollectorRegistry, Counter

from chassis.errors import TooManyCalls
from chassis.methods import Cost, Method

NONE = "none"  # instead of a limit
_STEPS = 20
_MANY = 10_000  # principals of one method, after which those that are long gone are forgotten


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How often one principal may call one method, by what a call costs; `none`: as often as they like.

    `methods` names methods for which something else holds.
    """

    reads: str = NONE
    writes: str = NONE
    solves: str = NONE
    methods: Mapping[str, str] = field(default_factory=dict)

    def of(self, method: Method) -> str:
        """The limit of a method, e.g. `600 per minute`."""
        by_cost = {Cost.READ: self.reads, Cost.WRITE: self.writes, Cost.SOLVE: self.solves}
        return self.methods.get(method.name, by_cost[method.cost])


class Shared(Protocol):
    """What all replicas count together."""

    @property
    def is_gone(self) -> bool:
        """Whether it is useless to ask."""
        ...

    async def add(self, name: str, amount: int, seconds: int) -> int | None:
        """Adds to a counter that is kept so long; returns what it is then, None if it cannot be known."""
        ...

    async def read(self, name: str) -> int | None:
        """Returns what a counter is, 0 if there is none, None if it cannot be known."""
        ...


@dataclass(slots=True, eq=False)
class Tally:
    """One principal's calls of one method in one window of the clock."""

    window: int
    before: float  # in the window before, by all replicas as far as is known
    own: int = 0  # let in here
    told: int = 0  # of those, what the others can know
    others: int = 0  # let in elsewhere, as far as is known
    is_asked: bool = False  # whether it is being made known
    is_refused: bool = False  # whether one was refused


class Budgets:
    """The budgets of all methods of a server; `run` beside its calls, or it counts by itself.

    calls_limited_total{endpoint}: calls refused for their number.
    """

    def __init__(
        self,
        limits: CallLimits,
        registry: CollectorRegistry,
        shared: Shared | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is Unix time, which replicas share, in seconds."""
        self._limits, self._shared, self._clock = limits, shared, clock
        self._refused = Counter("calls_limited", "Calls beyond what one principal may", ["endpoint"], registry=registry)
        self._owed: asyncio.Queue[tuple[Budget, str, Tally]] = asyncio.Queue()

    def check(self, methods: Iterable[Method]) -> None:
        """Raises ValueError if a limit is set for a method that is none of these."""
        unknown = set(self._limits.methods) - {method.name for method in methods}
        if unknown:
            raise ValueError(f"refusing to start: LIMIT_METHODS names what is not served: {', '.join(sorted(unknown))}")

    def of(self, method: Method) -> Budget | None:
        """The budget of a method, None if it has none."""
        limit = self._limits.of(method)
        if limit == NONE:
            return None
        return Budget(method.path, limit, self._clock, self._refused.labels(method.path), self._soon)

    async def run(self) -> None:
        """Makes known what is counted, until cancelled."""
        while True:
            budget, who, tally = await self._owed.get()
            try:
                if self._shared is not None:
                    await budget.reckon(self._shared, who, tally)
            finally:
                tally.is_asked = False

    def _soon(self, budget: Budget, who: str, tally: Tally) -> None:
        """Each tally waits once, so that the queue is no longer than there are principals."""
        if self._shared is not None and not tally.is_asked and not self._shared.is_gone:
            tally.is_asked = True
            self._owed.put_nowait((budget, who, tally))


class Budget:
    """How often each principal may call one method."""

    def __init__(
        self,
        path: str,
        limit: str,
        clock: Callable[[], float],
        refused: Counter,
        soon: Callable[[Budget, str, Tally], None],
    ) -> None:
        item = parse(limit)
        self._path, self._limit, self._clock, self._refused, self._soon = path, limit, clock, refused, soon
        self._most, self._seconds = item.amount, item.get_expiry()
        self._step = max(1, self._most // _STEPS)
        self._tallies: dict[str, Tally] = {}
        self._many = _MANY

    def take(self, who: str) -> None:
        """Counts a call of a principal; raises TooManyCalls instead if it is one too many."""
        now = self._clock()
        window = int(now // self._seconds)
        into = now - window * self._seconds
        tally = self._tallies.get(who)
        if tally is None or tally.window != window:
            tally = self._tallies[who] = self._begun(tally, window)
        if tally.own + tally.others + tally.before * (1 - into / self._seconds) + 1 > self._most:
            raise self._too_many(tally, into)
        tally.own += 1
        if tally.own - tally.told >= self._step:
            self._soon(self, who, tally)

    async def reckon(self, shared: Shared, who: str, tally: Tally) -> None:
        """Adds to what all replicas count what they do not know of yet, and learns what they have counted."""
        if tally.told == 0:
            before = await shared.read(self._name(who, tally.window - 1))
            tally.before = max(tally.before, before or 0)
        amount = tally.own - tally.told
        total = await shared.add(self._name(who, tally.window), amount, 2 * self._seconds)
        if total is not None:
            tally.told += amount
            # A Redis that came back empty knows less than was known before.
            tally.others = max(tally.others, total - tally.told)

    def _begun(self, last: Tally | None, window: int) -> Tally:
        if len(self._tallies) >= self._many:
            self._tallies = {who: tally for who, tally in self._tallies.items() if tally.window >= window - 1}
            self._many = max(_MANY, 2 * len(self._tallies))
        follows = last is not None and last.window == window - 1
        return Tally(window, last.own + last.others if last is not None and follows else 0)

    def _too_many(self, tally: Tally, into: float) -> TooManyCalls:
        self._refused.inc()
        is_first, tally.is_refused = not tally.is_refused, True
        # To the next whole millisecond: a moment too early it would be refused again.
        return TooManyCalls(self._limit, math.ceil(1000 * self._wait(tally, into) + 1) / 1000, is_first=is_first)

    def _wait(self, tally: Tally, into: float) -> float:
        """Seconds until a call is let in, if none comes in between."""
        known, most, seconds = tally.own + tally.others, self._most - 1, self._seconds
        if known <= most:
            # Enough of the window before passes out of sight while this one lasts.
            return seconds * (1 - (most - known) / tally.before) - into
        return seconds - into + seconds * (1 - most / known)

    def _name(self, who: str, window: int) -> str:
        return f"{self._path}:{who}:{self._seconds}:{window}"
