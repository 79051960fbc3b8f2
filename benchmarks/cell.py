"""One measurement: a load, the CPU that the processes took for it, and what the servers say came of it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks import counters, cpu
from benchmarks.load import Load, Sent, send
from benchmarks.scale import Scale


class CountsDiffer(Exception):
    """The servers counted fewer good answers than the load generator."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a load goes and whose CPU it takes: pids by name, and the servers' /metrics."""

    load: Load
    pids: Mapping[str, Sequence[int]]
    metrics: Sequence[str]
    endpoint: str  # as the servers' counters call it


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run showed; `cpu` is seconds per answered call, by the names of the target's pids."""

    sent: Sent
    cpu: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Answered calls per second."""
        return self.sent.answered / self.sent.seconds

    @property
    def generator_share(self) -> float:
        """The load generator's share of all CPU time that was seen, in percent."""
        servers = sum(self.cpu.values()) * self.sent.answered
        return 100 * self.sent.cpu / (servers + self.sent.cpu)

    def divisible(self, whose: str) -> float:
        """`cpu` of theirs, for ratios: a tick of the clock at least, so that none is infinite."""
        return max(self.cpu[whose], cpu.TICK / self.sent.answered)


def measured(target: Target) -> Measured:
    """Sends the load once. Raises CountsDiffer if the servers did not do what the generator says."""
    counted = counters.succeeded(target.metrics, target.endpoint)
    before = {name: cpu.seconds(pids) for name, pids in target.pids.items()}
    sent = send(target.load)
    used = {name: (cpu.seconds(pids) - before[name]) / sent.answered for name, pids in target.pids.items()}
    counted = counters.succeeded(target.metrics, target.endpoint) - counted
    if sent.refused or counted < sent.answered:
        what = f"{target.load.call.name} over {target.load.protocol} by {target.load.callers}"
        raise CountsDiffer(f"{what}: {sent.answered} answered, {sent.refused} refused, {counted:.0f} counted as OK")
    return Measured(sent, used)


def sized(target: Target, scale: Scale) -> Target:
    """Returns the target with as many calls as take about a round's seconds, found by a warm-up."""
    load = target.load
    warm = measured(replace(target, load=replace(load, requests=max(scale.warm_up, 2 * load.callers))))
    rate = warm.rate if load.rate is None else min(warm.rate, load.rate)
    return replace(target, load=replace(load, requests=max(2 * load.callers, round(rate * scale.seconds))))


def interleaved(targets: Mapping[str, Target], scale: Scale) -> dict[str, list[Measured]]:
    """Measures every target once per round, in turn, so that whatever disturbs the machine disturbs all alike."""
    ready = {name: sized(target, scale) for name, target in targets.items()}
    found: dict[str, list[Measured]] = {name: [] for name in targets}
    for turn in range(scale.rounds):
        for name in sorted(ready, reverse=bool(turn % 2)):
            found[name].append(measured(ready[name]))
    return found


def median(runs: Sequence[Measured], what: Callable[[Measured], float]) -> float:
    """The median over rounds."""
    return statistics.median(what(run) for run in runs)


def cpu_ratio(ours: Sequence[Measured], theirs: Sequence[Measured], whose: str) -> float:
    """The median over rounds of our CPU per call over theirs."""
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(own.divisible(whose) / other.divisible(whose) for own, other in pairs)
