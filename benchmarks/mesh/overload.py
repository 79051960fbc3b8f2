"""Ten times the rate that a side holds: what those have of it who are let in, and how soon all is well again."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.mesh.load import Called, Came, percentile
from benchmarks.mesh.search import WITHIN, Tell, said
from benchmarks.mesh.sides import Side

TIMES, LITTLE = 10, 0.25


def figures(side: Side, rate: float, seconds: float, tell: Tell) -> Iterator[Figure]:
    """A little, far too much, and a little again, of a side that holds `rate`."""
    before = _told(side, "unloaded", LITTLE * rate, seconds, tell)
    during = _told(side, "overloaded", TIMES * rate, seconds, tell)
    after = _told(side, "behind it", LITTLE * rate, seconds, tell)
    name = f"mesh.{side.name}.overload"
    unloaded, admitted = percentile(before.times(), 0.99), percentile(during.times(), 0.99)
    refusals = during.times(lambda call: call.refused)
    yield Figure(f"{name}.unloaded_p99", 1e3 * unloaded, "ms")
    yield Figure(f"{name}.admitted_p50", 1e3 * percentile(during.times(), 0.5), "ms")
    yield Figure(f"{name}.admitted_p99", 1e3 * admitted, "ms")
    yield Figure(f"{name}.p99_ratio", admitted / unloaded, "x")
    yield Figure(f"{name}.goodput", 100 * _goodput(during) / rate, "%")
    yield Figure(f"{name}.refused", 100 * during.share(lambda call: call.refused), "%")
    yield Figure(f"{name}.unanswered", 100 * during.share(lambda call: not call.good and not call.refused), "%")
    yield Figure(f"{name}.refusal_p99", 1e3 * percentile(refusals, 0.99), "ms")
    yield Figure(f"{name}.recovery", recovery(after), "s")
    for part, used in sorted({**during.cpu, "generator": during.generator_cpu}.items(), key=lambda each: -each[1]):
        yield Figure(f"{name}.cpu.{part}", 100 * used / seconds, "%")


def _told(side: Side, what: str, rate: float, seconds: float, tell: Tell) -> Came:
    came = side.called(rate, seconds)
    tell(f"{side.name} {what} at {rate:.0f}/s: {said(came)}")
    return came


def _goodput(came: Came) -> float:
    """Good answers a second, of those that came while the load lasted."""
    return sum(call.good and call.due + call.last <= came.seconds for call in came.calls) / came.seconds


def recovery(after: Came) -> float:
    """Seconds behind a load from which on 95 of 100 calls of every second are answered well and in time."""
    ill = [second for second in range(int(after.seconds)) if not _well(after, second)]
    return max(ill) + 1.0 if ill else 0.0


def _well(came: Came, second: int) -> bool:
    calls: list[Called] = [call for call in came.calls if second <= call.due < second + 1]
    return sum(call.good and call.took < WITHIN for call in calls) >= 0.95 * len(calls)
