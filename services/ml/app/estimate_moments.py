"""EstimateMoments: fetch the returns if they are a dataset's, and estimate off the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from services.ml.app.ports import DatasetQuery, NoSessions, ReturnsHistory, Workers
from services.ml.domain.errors import InsufficientHistory, Shortfall, UniverseTooLarge
from services.ml.domain.estimate import Estimate, estimate_moments
from services.ml.domain.history import Returns
from services.ml.domain.spec import Spec

# 16 MB of float64: what a message of 16 MiB can carry beside the rest of the answer.
MOST_NUMBERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """Returns or where they are kept, how to estimate, and whether Σ is wanted as factors."""

    source: DatasetQuery | Returns
    spec: Spec
    as_factors: bool = False

    def numbers(self, assets: int) -> int:
        """How many numbers Σ of so many assets takes: N² dense, N (K + 1) as factors."""
        return assets * (self.spec.for_universe(assets).factors + 1) if self.as_factors else assets**2


class EstimateMoments:
    """Answers a Question with an Estimate whose Σ takes at most `most_numbers`."""

    def __init__(self, history: ReturnsHistory, workers: Workers, most_numbers: int = MOST_NUMBERS) -> None:
        self._history = history
        self._workers = workers
        self._most_numbers = most_numbers

    async def __call__(self, question: Question) -> Estimate:
        """The estimate.

        Raises UniverseTooLarge, and what the domain's estimate_moments and the port ReturnsHistory raise.
        """
        spec = question.spec.checked()
        source = question.source
        returns = source if isinstance(source, Returns) else await self._fetched(source, spec)
        numbers = question.numbers(len(returns.symbols))
        if numbers > self._most_numbers:
            raise UniverseTooLarge(numbers, self._most_numbers)
        return await self._workers.run(lambda: estimate_moments(returns, spec))

    async def _fetched(self, query: DatasetQuery, spec: Spec) -> Returns:
        """The dataset's returns; a window without any is a history too short of every symbol asked for."""
        try:
            return await self._history.returns(query, end=spec.end, lookback=spec.lookback)
        except NoSessions as empty:
            needs = spec.sessions_needed
            short = [Shortfall(symbol, 0, needs) for symbol in query.symbols]
            raise InsufficientHistory(0, needs, short) from empty
