"""EstimateMoments: fetch the returns if they are a dataset's, and estimate off the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from services.ml.app.ports import DatasetQuery, NoSessions, ReturnsHistory, Workers
from services.ml.domain.errors import InsufficientHistory, Shortfall, UniverseTooLarge
from services.ml.domain.estimate import Estimate, estimate_moments
from services.ml.domain.history import Returns
from services.ml.domain.spec import Spec


@dataclass(frozen=True, slots=True)
class Question:
    """Returns or where they are kept, how to estimate, and the most assets that the answer can hold."""

    source: DatasetQuery | Returns
    spec: Spec
    most_assets: int


class EstimateMoments:
    """Answers a Question with an Estimate."""

    def __init__(self, history: ReturnsHistory, workers: Workers) -> None:
        self._history = history
        self._workers = workers

    async def __call__(self, question: Question) -> Estimate:
        """The estimate.

        Raises UniverseTooLarge, and what the domain's estimate_moments and the port ReturnsHistory raise.
        """
        spec = question.spec.checked()
        source = question.source
        returns = source if isinstance(source, Returns) else await self._fetched(source, spec)
        if len(returns.symbols) > question.most_assets:
            raise UniverseTooLarge(len(returns.symbols), question.most_assets)
        return await self._workers.run(lambda: estimate_moments(returns, spec))

    async def _fetched(self, query: DatasetQuery, spec: Spec) -> Returns:
        """The dataset's returns; a window without any is a history too short of every symbol asked for."""
        try:
            return await self._history.returns(query, end=spec.end, lookback=spec.lookback)
        except NoSessions as empty:
            needs = spec.sessions_needed
            short = [Shortfall(symbol, 0, needs) for symbol in query.symbols]
            raise InsufficientHistory(0, needs, short) from empty
