"""μ and Σ of simple returns per year, and where they come from."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date

from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.kept import kept
from services.optimizer.domain.vectors import Vector

SESSIONS_PER_YEAR = 252


@kept
def positions(symbols: tuple[str, ...]) -> dict[str, int]:
    """Where each symbol is; not to be written to."""
    return {symbol: index for index, symbol in enumerate(symbols)}


def strangers(named: Iterable[str], universe: Container[str]) -> list[str]:
    """What is named but not there, in order; mostly nothing is named at all."""
    return sorted({symbol for symbol in named if symbol not in universe})


@dataclass(frozen=True, slots=True)
class Estimation:
    """How moments are estimated, in the contract's words; 0 and "" leave the choice to ml."""

    expected_return: str = ""
    covariance: str = ""
    lookback: int = 0
    half_life: float = 0.0
    factors: int = 0
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """What an estimate rests on, as ml tells it."""

    short_histories: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    observations_asked: int = 0
    observations_used: int = 0
    psd_shift: float = 0.0
    condition_number: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """The first two moments of N assets; every vector is in the order of `symbols`."""

    symbols: tuple[str, ...]
    expected_returns: Vector
    covariance: Covariance
    observations: int = 0
    start: date | None = None
    end: date | None = None
    estimation: Estimation | None = None
    """How they were estimated, with every default filled in; None if the caller sent them."""
    scenarios: Vector | None = None
    """S × N simple returns per session, oldest first; None if they were not asked for or not sent."""
    quality: Quality | None = None
    """What the estimate rests on; None if the caller sent the moments."""

    @property
    def numbers(self) -> int:
        """In all of the arrays."""
        scenarios = 0 if self.scenarios is None else self.scenarios.size
        return self.expected_returns.size + self.covariance.numbers + scenarios
