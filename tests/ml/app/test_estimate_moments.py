from datetime import date

import numpy as np
import pytest

from services.ml.app.estimate_moments import EstimateMoments, Question
from services.ml.app.ports import DatasetQuery, NoSessions
from services.ml.domain.errors import InsufficientHistory, InvalidSpec, Shortfall, UniverseTooLarge
from services.ml.domain.history import Returns
from services.ml.domain.spec import CovarianceMethod, Spec


class KnownReturns:
    """A history that answers every query with the same returns, and remembers what it was asked."""

    def __init__(self, returns=None, error=None):
        self._returns, self._error = returns, error
        self.asked = []

    async def returns(self, query, *, end, lookback):
        self.asked.append((query, end, lookback))
        if self._error:
            raise self._error
        return self._returns


class AtOnce:
    async def run(self, work):
        return work()


def returns(assets=3):
    values = np.random.default_rng(1).normal(0, 0.01, (60, assets))
    return Returns([f"S{column}" for column in range(assets)], values)


async def test_returns_sent_along_are_estimated_without_asking_anyone():
    history = KnownReturns()
    estimate = await EstimateMoments(history, AtOnce())(Question(returns(), Spec()))
    assert len(estimate.expected_returns) == 3
    assert history.asked == []


async def test_a_datasets_returns_are_asked_for_with_the_window():
    history = KnownReturns(returns())
    query = DatasetQuery("prices", ["S0", "S1", "S2"])
    await EstimateMoments(history, AtOnce())(Question(query, Spec(lookback=50, end=date(2020, 1, 31))))
    assert history.asked == [(query, date(2020, 1, 31), 50)]


async def test_a_window_without_sessions_is_a_history_too_short_of_every_symbol():
    estimate = EstimateMoments(KnownReturns(error=NoSessions()), AtOnce())
    with pytest.raises(InsufficientHistory) as refused:
        await estimate(Question(DatasetQuery("prices", ["A", "B"]), Spec()))
    assert refused.value.short == [Shortfall("A", 0, 30), Shortfall("B", 0, 30)]


async def test_a_specification_that_can_not_be_followed_is_refused_before_anyone_is_asked():
    history = KnownReturns(returns())
    with pytest.raises(InvalidSpec):
        await EstimateMoments(history, AtOnce())(Question(DatasetQuery("prices", []), Spec(lookback=5)))
    assert history.asked == []


async def test_a_universe_too_large_for_the_answer_is_refused():
    spec = Spec(covariance=CovarianceMethod.PCA_FACTORS, factors=1)
    estimate = EstimateMoments(KnownReturns(), AtOnce(), most_numbers=8)
    with pytest.raises(UniverseTooLarge, match="takes 9 numbers in this form, more than the 8"):
        await estimate(Question(returns(), spec))
    assert await estimate(Question(returns(), spec, as_factors=True))
