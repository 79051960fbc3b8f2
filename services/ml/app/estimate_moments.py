"""EstimateMoments: fetch the returns if they are a dataset's, and estimate off the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from services.ml.app.ports import DatasetQuery, NoSessions, ReturnsHistory, Workers
from services.ml.domain.errors import InsufficientHistory, ScenariosTooLarge, Shortfall, UniverseTooLarge
from services.ml.domain.estimate import Estimate, estimate_moments
from services.ml.domain.form import Form
from services.ml.domain.history import Returns
from services.ml.domain.spec import Spec

# 16 MB of float64: what a message of 16 MiB can carry beside the rest of the answer.
MOST_NUMBERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """Returns or where they are kept, how to estimate, how Σ is written, and whether the returns used come along."""

    source: DatasetQuery | Returns
    spec: Spec
    form: Form = Form.NATURAL
    with_scenarios: bool = False


class EstimateMoments:
    """Answers a Question with an Estimate that takes at most `most_numbers` for Σ and the scenarios together."""

    def __init__(self, history: ReturnsHistory, workers: Workers, most_numbers: int = MOST_NUMBERS) -> None:
        self._history = history
        self._workers = workers
        self._most_numbers = most_numbers

    async def __call__(self, question: Question) -> Estimate:
        """The estimate.

        Raises UniverseTooLarge or ScenariosTooLarge, and what the domain's estimate_moments and the port
        ReturnsHistory raise.
        """
        spec = question.spec.checked()
        source = question.source
        returns = source if isinstance(source, Returns) else await self._fetched(source, spec)
        if question.form is Form.DENSE:
            # Known before any work: N × N is not formed only to be refused.
            self._refuse_beyond(len(returns.symbols) ** 2)
        estimate = await self._workers.run(lambda: estimate_moments(returns, spec).written(question.form))
        self._refuse_beyond(estimate.covariance.numbers)
        if question.with_scenarios:
            self._refuse_scenarios(estimate)
        return estimate

    def _refuse_beyond(self, numbers: int) -> None:
        """Raise UniverseTooLarge if Σ takes too many numbers."""
        if numbers > self._most_numbers:
            raise UniverseTooLarge(numbers, self._most_numbers)

    def _refuse_scenarios(self, estimate: Estimate) -> None:
        """Raise ScenariosTooLarge if Σ leaves no room for T × N scenarios."""
        scenarios, beside = estimate.window.values.size, estimate.covariance.numbers
        if scenarios + beside > self._most_numbers:
            raise ScenariosTooLarge(scenarios, beside, self._most_numbers)

    async def _fetched(self, query: DatasetQuery, spec: Spec) -> Returns:
        """The dataset's returns; a window without any is a history too short of every symbol asked for."""
        try:
            return await self._history.returns(query, end=spec.end, lookback=spec.lookback)
        except NoSessions as empty:
            needs = spec.sessions_needed
            short = [Shortfall(symbol, 0, needs) for symbol in query.symbols]
            raise InsufficientHistory(0, needs, short) from empty
