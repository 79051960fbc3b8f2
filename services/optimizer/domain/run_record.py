"""What is needed to find the same answer again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Where an answer came from."""

    input_hash: str
    """SHA-256 of the problem's canonical bytes, hexadecimal."""
    result_hash: str
    """The same of the canonical result without timings and this record: equal runs have equal ones."""
    data_cutoff: date | None
    """The last session that the moments saw."""
    versions: Mapping[str, str]
    """Of what computed, by name."""
    seed: int
    non_replayable: bool
    """Whether the clock stopped the solve, so that another run may end elsewhere."""
