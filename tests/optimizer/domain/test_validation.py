"""A problem that makes no sense is refused, field by field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.validation import check_numbers, check_structure
from services.optimizer.domain.vectors import vector
from tests.optimizer.problems import moments, problem, symbols

WITH = moments(3)


def fields(stated: Problem) -> list[str]:
    with pytest.raises(InvalidProblem) as caught:
        check_structure(stated)
    return [each.field for each in caught.value.violations]


@pytest.mark.parametrize(
    ("constraints", "field"),
    [
        (Constraints(min_budget=1.0, max_budget=0.8), "constraints.min_budget"),
        (Constraints(default_bounds=Bounds(0.5, 0.1)), "constraints.default_bounds"),
        (Constraints(bounds={"S001": Bounds(0.5, 0.1)}), 'constraints.bounds["S001"]'),
        (Constraints(bounds={"XYZ": Bounds()}), 'constraints.bounds["XYZ"]'),
        (Constraints(default_bounds=Bounds(0.0, float("inf"))), "constraints.default_bounds"),
        (Constraints(groups=(Group("g", ("S000",), 0.5, 0.1),)), "constraints.groups[0]"),
        (Constraints(groups=(Group("g", ("XYZ",), 0.5),)), "constraints.groups[0].symbols"),
        (Constraints(groups=(Group("g", ("S000", "S000"), 0.5),)), "constraints.groups[0].symbols"),
    ],
)
def test_a_constraint_that_contradicts_itself_or_the_universe_is_named(constraints: Constraints, field: str) -> None:
    assert fields(problem(constraints=constraints)) == [field]


def test_a_current_weight_outside_the_universe_is_named() -> None:
    assert fields(problem(current={"XYZ": 0.1})) == ['current_weights["XYZ"]']


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (replace(WITH, symbols=("A", "A", "B")), "source.moments.symbols"),
        (replace(WITH, expected_returns=vector([0.1])), "source.moments.expected_returns"),
        (replace(WITH, covariance=DenseCovariance(np.eye(2))), "source.moments.covariance"),
        (Moments((), vector([]), DenseCovariance(np.zeros((0, 0)))), "source.moments.symbols"),
    ],
)
def test_moments_of_the_wrong_size_are_named(changed: Moments, field: str) -> None:
    assert fields(problem(of=changed)) == [field]


def test_every_violation_is_told_at_once() -> None:
    stated = problem(constraints=Constraints(min_budget=2.0, bounds={"XYZ": Bounds(1, 0)}), current={"ABC": 1.0})
    assert len(fields(stated)) == 4


def numbers(covariance: DenseCovariance | FactorCovariance, expected: object = (0.1, 0.1)) -> str:
    with pytest.raises(InvalidProblem) as caught:
        check_numbers(problem(of=Moments(symbols(2), vector(expected), covariance)))
    return caught.value.violations[0].field + ": " + caught.value.violations[0].mend


def test_a_covariance_that_is_none_is_refused_with_the_mend() -> None:
    assert "symmetric" in numbers(DenseCovariance(vector([[1, 0.5], [0.2, 1]])))
    assert "positive semidefinite" in numbers(DenseCovariance(vector([[1, 2], [2, 1]])))
    assert "negative" in numbers(FactorCovariance(vector([[0.1], [0.1]]), vector([0.1, -0.1])))


def test_numbers_that_are_not_finite_are_refused() -> None:
    assert "source.moments.dense" in numbers(DenseCovariance(vector([[np.nan, 0], [0, 1]])))
    assert "source.moments.factors" in numbers(FactorCovariance(vector([[np.inf], [0.1]]), vector([0.1, 0.1])))
    assert "expected_returns" in numbers(DenseCovariance(np.eye(2)), [0.1, np.nan])


def test_rounding_in_a_covariance_is_forgiven() -> None:
    low_rank = vector(np.outer([1.0, 2.0], [1.0, 2.0])) - 1e-12 * np.eye(2)
    check_numbers(problem(of=Moments(symbols(2), vector([0.1, 0.1]), DenseCovariance(low_rank))))
