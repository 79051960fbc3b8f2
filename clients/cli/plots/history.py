"""What became of 1 that was put into each symbol, session by session."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qpo.marketdata.v1.marketdata_service_pb2 import GetReturnsResponse

from clients.cli.prices_tables import doubles
from clients.cli.problem import Problem

MOST = 6
"""Lines that a chart can hold and an eye can follow."""


@dataclass(frozen=True)
class History:
    """One symbol: its worth by session, 1 before the first known return; one that is not known leaves it as it was."""

    symbol: str
    sessions: Sequence[date]
    worth: Sequence[float]

    @property
    def drawdowns(self) -> list[float]:
        """How far below its highest worth so far it stood, by session: 0 at a new peak, −0.3 at 30 % below."""
        peak, below = self.worth[0], []
        for value in self.worth:
            peak = max(peak, value)
            below.append(value / peak - 1)
        return below


def histories(answer: GetReturnsResponse) -> list[History]:
    """The history of each symbol. Raises Problem if there are more than an eye can follow."""
    if len(answer.symbols) > MOST:
        mend = f"name at most {MOST}, e.g. --symbols {','.join(answer.symbols[:3])}"
        raise Problem(f"{len(answer.symbols)} lines are too many for one chart", [("--symbols", mend)])
    values, width = doubles(answer.returns), len(answer.symbols)
    days = [date(it.year, it.month, it.day) for it in answer.sessions]
    return [History(symbol, days, _worth(values[at::width])) for at, symbol in enumerate(answer.symbols)]


def _worth(returns: Sequence[float]) -> list[float]:
    worth, now = [], 1.0
    for step in returns:
        now *= 1.0 if math.isnan(step) else 1.0 + step
        worth.append(now)
    return worth
