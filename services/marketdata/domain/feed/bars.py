"""A bar that was rolled up from ticks, as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TickBar:
    """What the ticks of one interval say, in the instrument's currency; `start` in ns since 1970, UTC."""

    symbol: str
    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    ticks: int
    knowledge_time: datetime

    def scaled(self, price: float, volume: float) -> TickBar:
        """With all prices and the volume multiplied."""
        prices = (self.open * price, self.high * price, self.low * price, self.close * price)
        return TickBar(self.symbol, self.start, *prices, self.volume * volume, self.ticks, self.knowledge_time)
