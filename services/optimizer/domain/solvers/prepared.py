"""What is settled before anything is solved: the problem makes sense, and some weights are admissible."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet, admissible_set
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import NoExcessReturn, SolverFailed
from services.optimizer.domain.infeasibility import explain
from services.optimizer.domain.kept import kept
from services.optimizer.domain.linear import greatest_return, least, lifted
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.validation import check_numbers, check_structure
from services.optimizer.domain.vectors import Mask, Vector

# What rounding of sums may hide is left to the solver's own tolerance.
ROUNDING = 1e-12


def prepared(problem: Problem, control: Control) -> AdmissibleSet:
    """Check the problem; its admissible set, which is not empty. Raises InvalidProblem, Infeasible, OutOfTime."""
    check_structure(problem)
    check_numbers(problem)
    control.check()
    admissible = admissible_set(problem)
    empty = _is_empty_by_sums(admissible)
    # Today's weights, if they are admissible, save a linear program: turnover and gross exposure make it a large one.
    if empty is None and not _admits_any(admissible, (admissible.start, _greediest(problem, admissible))):
        empty = least(np.zeros(admissible.assets), lifted(admissible), control.seconds_left()) is None
    if empty:
        raise explain(problem, admissible, control.seconds_left)
    control.check()
    return admissible


def greatest_above_rate(problem: Problem, admissible: AdmissibleSet, control: Control) -> float:
    """The greatest expected return of a set that is not empty. Raises NoExcessReturn, OutOfTime or SolverFailed."""
    found, rate = greatest_of(problem, admissible, control), problem.goal.risk_free_rate
    if found <= rate:
        raise NoExcessReturn(found, rate)
    return found


def greatest_of(problem: Problem, admissible: AdmissibleSet, control: Control) -> float:
    """The greatest μᵀw of a set that is not empty. Raises OutOfTime or SolverFailed."""
    found = greatest_return(problem.moments.expected_returns, admissible, control.seconds_left())
    if found is None:
        raise SolverFailed("highs", "a set that has admissible weights was called empty")
    return found


def _admits_any(admissible: AdmissibleSet, weights: Iterable[Vector]) -> bool:
    return any(admissible.violation(each) <= ROUNDING for each in weights)


def _greediest(problem: Problem, admissible: AdmissibleSet) -> Vector:
    """The budget in the assets that promise most, as far as bounds let them: that meets a floor on return."""
    room = admissible.upper - admissible.lower
    order = np.argsort(-problem.moments.expected_returns, kind="stable")
    left = admissible.cap[0] - float(admissible.lower.sum())
    weights = admissible.lower.copy()
    before = np.cumsum(room[order]) - room[order]
    weights[order] += np.clip(left - before, 0.0, room[order])
    return weights


def _is_empty_by_sums(admissible: AdmissibleSet) -> bool | None:
    """Whether no weights satisfy a budget and groups that share no asset; None if the set says more than that.

    Each group's sum can be anything between its bounds' sums, within its own floor and cap; so can the sum of them all.
    """
    if admissible.turnover is not None or admissible.gross is not None:
        return None
    return _sums_miss(admissible.matrix, admissible.lower, admissible.upper, admissible.floor, admissible.cap)


@kept
def _sums_miss(matrix: sparse.csr_array, lower: Vector, upper: Vector, floor: Vector, cap: Vector) -> bool | None:
    """Whether some floor lies above what can be reached, or some cap below it; None if rows are no such sums."""
    alone = _in_no_group(matrix)
    if alone is None:
        return None
    if bool(np.any(lower > upper)):
        return True
    low, high = np.maximum((matrix @ lower)[1:], floor[1:]), np.minimum((matrix @ upper)[1:], cap[1:])
    least_sum, most_sum = float(low.sum() + lower[alone].sum()), float(high.sum() + upper[alone].sum())
    reached = least_sum <= cap[0] + ROUNDING and most_sum >= floor[0] - ROUNDING
    return not (reached and bool(np.all(low <= high + ROUNDING)))


def _in_no_group(matrix: sparse.csr_array) -> Mask | None:
    """Which assets are in no group; None if the rows are no sums of all and of groups that share no asset."""
    if not bool(np.all(matrix.data == 1.0)) or matrix.indptr[1] != matrix.shape[1]:
        return None
    times = np.bincount(matrix.indices[matrix.indptr[1] :], minlength=matrix.shape[1])
    return None if times.max(initial=0) > 1 else np.asarray(times == 0)
