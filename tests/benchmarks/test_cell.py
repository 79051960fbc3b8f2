"""What rounds of a load say together."""

from benchmarks.cell import Measured, cpu_ratio
from benchmarks.cpu import TICK
from benchmarks.load import Sent


def _round(seconds_per_call: float) -> Measured:
    return Measured(Sent([0.01] * 100, refused=0, seconds=1.0, cpu=0.1), {"envoy": seconds_per_call})


def test_a_ratio_is_the_median_over_rounds():
    ours, theirs = [_round(x * TICK) for x in (1, 4, 9)], [_round(TICK)] * 3
    assert cpu_ratio(ours, theirs, "envoy") == 4


def test_a_round_too_short_for_the_clock_counts_as_one_tick():
    assert cpu_ratio([_round(TICK / 50)], [_round(0.0)], "envoy") == 2
