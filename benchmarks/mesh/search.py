"""The highest rate that a side holds: 95 of 100 calls answered within 200 ms of when they were due, hardly any lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from benchmarks.figures import Figure
from benchmarks.mesh.load import Called, Came, percentile
from benchmarks.mesh.sides import Side

WITHIN, SHARE = 0.2, 0.95  # seconds, of the calls
LOST = 0.001  # the share of calls that may go without a good answer
STEP, FINER, SLOWEST = 1.5, 1.15, 2.0
Tell = Callable[[str], None]


def holds(came: Came) -> bool:
    """Whether that was good enough."""
    return percentile(came.times(), SHARE) < WITHIN and came.share(_lost) <= LOST


def _lost(call: Called) -> bool:
    return not call.good


def held(sides: Mapping[str, Side], first: float, seconds: float, tell: Tell) -> dict[str, tuple[float, Came]]:
    """The highest rate of each, and what came of it; the two take turns, so that the machine disturbs them alike.

    Rates rise by half until one is too high for a side – if the first is already, they fall until one is not – and then
    by 15 % from the last that it held. What was too high is tried twice before it counts as such.
    """
    searches = {name: _search(side, first, seconds, tell) for name, side in sides.items()}
    found: dict[str, tuple[float, Came]] = {}
    while searches:
        for name in list(searches):
            try:
                found[name] = next(searches[name]) or found.get(name, (0.0, Came([], seconds, 0.0)))
            except StopIteration:
                del searches[name]
    return found


def _search(side: Side, first: float, seconds: float, tell: Tell) -> Iterator[tuple[float, Came] | None]:
    rate, best, factor = first, None, STEP
    while rate > SLOWEST:
        for _ in range(2):
            came = side.called(rate, seconds)
            tell(f"{side.name} at {rate:.0f}/s: {said(came)}")
            if holds(came):
                best = (rate, came)
                break
            yield best
        else:
            if factor == FINER:
                return
            factor = FINER if best else 1 / STEP
        yield best
        if best and factor < 1:
            factor = FINER
        rate = (best[0] if best else rate) * factor


def said(came: Came) -> str:
    """In a line."""
    times = came.times()
    shown = ", ".join(f"p{round(100 * share)} {1e3 * percentile(times, share):.0f} ms" for share in (0.5, 0.95, 0.99))
    statuses = Counter(call.status for call in came.calls)
    return f"{shown}; answered by " + ", ".join(f"{status} {count}" for status, count in sorted(statuses.items()))


def figures(name: str, rate: float, came: Came) -> Iterator[Figure]:
    """What a side did at a rate."""
    times = came.times()
    yield Figure(f"mesh.{name}.rate", rate, "1/s")
    for share in (0.5, 0.95, 0.99):
        yield Figure(f"mesh.{name}.p{round(100 * share)}", 1e3 * percentile(times, share), "ms")
    for kind in sorted({call.kind for call in came.calls}):
        of_kind = came.times(lambda call, kind=kind: call.good and call.kind == kind)  # type: ignore[misc]
        yield Figure(f"mesh.{name}.{kind}.p95", 1e3 * percentile(of_kind, 0.95), "ms")
    yield from _cores(f"mesh.{name}", came)


def _cores(name: str, came: Came) -> Iterator[Figure]:
    shares = {**came.cpu, "generator": came.generator_cpu}
    for part, used in sorted(shares.items(), key=lambda entry: -entry[1]):
        yield Figure(f"{name}.cpu.{part}", 100 * used / came.seconds, "%")
