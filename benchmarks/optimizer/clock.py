"""CPU time of a solve on one thread, with the weights that it found."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.child import Tell, told
from benchmarks.figures import Figure
from services.optimizer.domain.vectors import Vector

# Seconds of CPU: a contender that needs more is not waited for.
CAP = 60.0
# Shorter solves are timed by so many at once as take this long.
_BLOCK = 2e-3
_FEWEST = 3
# Ours is measured again before each of theirs, for a part of the time.
_SHARE = 0.25

Solve = Callable[[], Vector]


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Median seconds of CPU per solve and the weights; of a solve that did not end within the cap, the cap alone."""

    seconds: float
    weights: Vector | None

    @property
    def capped(self) -> bool:
        """Whether it did not end."""
        return self.weights is None


def timed(solve: Solve, seconds: float, cap: float = CAP) -> Timed:
    """The median over the solves that fit, three at least, after one that is not counted.

    Raises NothingMeasured.
    """

    def run(tell: Tell) -> None:
        tell(solve())
        began = time.process_time()
        solve()
        first = time.process_time() - began
        tell(first)
        at_once, used, rounds = max(1, round(_BLOCK / max(first, 1e-6))), first, 1
        while rounds < _FEWEST or used < seconds:
            began = time.process_time()
            for _ in range(at_once):
                solve()
            spent = time.process_time() - began
            tell(spent / at_once)
            used, rounds = used + spent, rounds + 1

    found = told(run, cap)
    if len(found) < 2:
        return Timed(cap, None)
    weights, first, *more = found
    # One alone is as good as the others where it fills a block.
    return Timed(statistics.median([first, *more] if first > _BLOCK or not more else more), weights)


def compared(ours: Mapping[str, Solve], theirs: Mapping[str, Solve], seconds: float) -> dict[str, Timed]:
    """Everybody's time; ours in between theirs too, so that whatever disturbs the machine disturbs all alike."""
    found: dict[str, list[Timed]] = {name: [] for name in (*ours, *theirs)}
    for name in theirs:
        for own, solve in ours.items():
            found[own].append(timed(solve, _SHARE * seconds))
        found[name].append(timed(theirs[name], seconds))
    return {name: _middle(each) for name, each in found.items()}


def cost(name: str, found: Sequence[Timed]) -> Figure:
    """The median over problems, in a unit that shows it; of what did not end, where it was ended."""
    if any(each.capped for each in found):
        return Figure(f"{name}.capped_at", max(each.seconds for each in found), "s")
    seconds = statistics.median(each.seconds for each in found)
    return Figure(f"{name}.cpu", 1e6 * seconds, "us") if seconds < 1e-3 else Figure(f"{name}.cpu", 1e3 * seconds, "ms")


def ratio(name: str, theirs: Sequence[Timed], ours: Sequence[Timed]) -> Figure:
    """How often ours goes into theirs, the median over problems: at least, if theirs did not end."""
    times = statistics.median(one.seconds / own.seconds for one, own in zip(theirs, ours, strict=True))
    return Figure(f"{name}_at_least" if any(each.capped for each in theirs) else name, times, "x")


def _middle(each: list[Timed]) -> Timed:
    return Timed(statistics.median(one.seconds for one in each), each[-1].weights)
