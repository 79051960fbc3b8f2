from datetime import date

import numpy as np
import pytest

from services.ml.app.estimate_moments import EstimateMoments, Question
from services.ml.app.ports import DatasetQuery, NoSessions
from services.ml.domain.errors import (
    InsufficientHistory,
    InvalidSpec,
    ScenariosTooLarge,
    Shortfall,
    UniverseTooLarge,
)
from services.ml.domain.form import Form
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
        await estimate(Question(returns(), spec, Form.DENSE))
    assert await estimate(Question(returns(), spec))


async def test_a_dense_covariance_that_would_not_fit_is_refused_before_it_is_estimated():
    class Idle:
        async def run(self, work):
            raise AssertionError("nothing was to be computed")

    with pytest.raises(UniverseTooLarge):
        await EstimateMoments(KnownReturns(), Idle(), most_numbers=8)(Question(returns(), Spec(), Form.DENSE))


async def test_more_factors_than_fit_are_refused():
    with pytest.raises(UniverseTooLarge, match="takes 12 numbers"):
        await EstimateMoments(KnownReturns(), AtOnce(), most_numbers=11)(Question(returns(), Spec(), Form.FACTORS))


async def test_scenarios_that_do_not_fit_beside_the_covariance_are_refused():
    estimate = EstimateMoments(KnownReturns(), AtOnce(), most_numbers=188)
    with pytest.raises(ScenariosTooLarge, match="180 numbers beside the 9 of Σ, more than the 188"):
        await estimate(Question(returns(), Spec(), with_scenarios=True))
    assert await estimate(Question(returns(), Spec()))


async def test_scenarios_that_just_fit_are_answered():
    estimate = EstimateMoments(KnownReturns(), AtOnce(), most_numbers=189)
    assert await estimate(Question(returns(), Spec(), with_scenarios=True))
