"""Scenarios of returns, and what a portfolio loses in the worst of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from services.optimizer.domain.errors import InvalidProblem, Violation
from services.optimizer.domain.vectors import Index, Vector, vector

# 1−β and sums of probabilities carry rounding: a tail that is full but for this much is full.
_ROUNDING = 1e-12
_PROBABILITY_TOLERANCE = 1e-9


class Tail(NamedTuple):
    """The worst 1−β of probability for one portfolio."""

    cvar: float
    """The mean loss in the tail; positive is a loss."""
    var: float
    """The least loss that is exceeded with probability 1−β at most."""
    weights: Vector
    """q, length S: the distribution with  0 ≤ q_s ≤ p_s/(1−β)  under which the mean loss is greatest, CVaR itself.
    Scenarios that tie at VaR share what is left in proportion to their probabilities."""


@dataclass(frozen=True, eq=False)
class Scenarios:
    """S scenarios of N simple returns, and how much of the tail each may fill."""

    returns: Vector
    """R, S × N, per period."""
    shares: Vector
    """p_s / (1−β), length S; in sum 1/(1−β)."""

    @classmethod
    def of(cls, returns: Vector, confidence: float, probabilities: Vector | None = None) -> Scenarios:
        """Scenarios at a confidence β in [0, 1); without probabilities each has 1/S. Raises InvalidProblem."""
        found = list(_violations(returns, confidence, probabilities))
        if found:
            raise InvalidProblem(found)
        count = returns.shape[0]
        chances = np.full(count, 1.0 / count) if probabilities is None else probabilities / probabilities.sum()
        return cls(returns, chances / (1.0 - confidence))

    @cached_property
    def scale(self) -> float:
        """The size of a return: the root of the mean square; 1 if all are zero."""
        flat = self.returns.ravel()
        return float(np.sqrt(flat @ flat / flat.size)) or 1.0

    def losses(self, weights: Vector) -> Vector:
        """−Rw, length S."""
        return -(self.returns @ weights)

    def tail(self, weights: Vector) -> Tail:
        """The tail of a portfolio: O(S N)."""
        return self.tail_of(self.losses(weights))

    def tail_of(self, losses: Vector) -> Tail:
        """CVaR = max qᵀ(loss): the tail is filled from the greatest loss down."""
        order = np.argsort(-losses, kind="stable")
        filled = np.cumsum(self.shares[order])
        last = min(int(np.searchsorted(filled, 1.0 + _ROUNDING, side="right")), self._least_place(order))
        value_at_risk = float(losses[order[last]])
        weights = np.where(losses > value_at_risk, self.shares, 0.0)
        ties = losses == value_at_risk
        weights[ties] = self.shares[ties] * (max(0.0, 1.0 - weights.sum()) / self.shares[ties].sum())
        weights /= weights.sum()
        return Tail(float(weights @ losses), value_at_risk, weights)

    def _least_place(self, order: Index) -> int:
        """Where the least loss of any probability stands in the order."""
        return int(np.flatnonzero(self.shares[order])[-1])

    def row(self, tail_weights: Vector) -> Vector:
        """a = −Rᵀq, with which  CVaR(v) ≥ aᵀv  for every v."""
        return -(tail_weights @ self.returns)


def _violations(returns: Vector, confidence: float, probabilities: Vector | None) -> Iterator[Violation]:
    if returns.ndim != 2 or returns.shape[0] < 1 or returns.shape[1] < 1:
        yield Violation("scenarios", f"give S rows of N returns, each at least 1, not the shape {returns.shape}")
    if not 0.0 <= confidence < 1.0:
        yield Violation("confidence", f"must be at least 0 and below 1, not {confidence:g}")
    if probabilities is None:
        return
    if probabilities.shape != returns.shape[:1]:
        yield Violation("probabilities", f"give one for each of the {returns.shape[0]} scenarios")
    elif bool(np.any(probabilities < 0)) or abs(float(probabilities.sum()) - 1.0) > _PROBABILITY_TOLERANCE:
        yield Violation("probabilities", "must not be negative and must sum to 1: divide them by their sum")


def conditional_value_at_risk(
    scenarios: Vector, weights: Vector, confidence: float, probabilities: Vector | None = None
) -> Tail:
    """CVaR, VaR and the tail's weights of a portfolio over S × N returns per period. O(S N). Raises InvalidProblem."""
    return Scenarios.of(scenarios, confidence, probabilities).tail(weights)


def tail_cut(
    scenarios: Vector, weights: Vector, confidence: float, probabilities: Vector | None = None
) -> tuple[Vector, float]:
    """The row a = −Rᵀq with CVaR(v) ≥ aᵀv for every v, and CVaR(w) = aᵀw. O(S N). Raises InvalidProblem."""
    stated = Scenarios.of(scenarios, confidence, probabilities)
    tail = stated.tail(weights)
    return vector(stated.row(tail.weights)), tail.cvar
