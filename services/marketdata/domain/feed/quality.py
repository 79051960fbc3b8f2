"""What was found of records, added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.marketdata.domain.feed.records import Fault

ACCEPTED, LEFT_OUT = 0, -1  # findings beside the faults


@dataclass(frozen=True, slots=True)
class StreamQuality:
    """What was found of one symbol's records from one source."""

    symbol: str
    source: str
    accepted: int
    faults: Mapping[Fault, int]  # without those that were not found
    left_out: int  # numbers that the source did not give

    @property
    def score(self) -> float:
        """Share of what the source should have given that was accepted, 0 to 1; 1 if it should have given nothing."""
        due = self.accepted + sum(self.faults.values()) + self.left_out
        return self.accepted / due if due else 1.0


@dataclass(frozen=True, slots=True)
class QualityReport:
    """By symbol, then source; and of all together."""

    streams: tuple[StreamQuality, ...]
    total: StreamQuality

    @classmethod
    def of(cls, findings: Iterable[tuple[str, str, int, int]]) -> QualityReport:
        """Add up rows of (symbol, source, finding, count)."""
        by_stream = dict[tuple[str, str], Counter[int]]()
        for symbol, source, finding, count in findings:
            by_stream.setdefault((symbol, source), Counter())[finding] += count
        streams = tuple(_quality(*key, by_stream[key]) for key in sorted(by_stream))
        return cls(streams, _quality("", "", sum(by_stream.values(), Counter())))


def _quality(symbol: str, source: str, counts: Counter[int]) -> StreamQuality:
    faults = {Fault(finding): count for finding, count in sorted(counts.items()) if finding > ACCEPTED}
    return StreamQuality(symbol, source, counts[ACCEPTED], faults, counts[LEFT_OUT])
