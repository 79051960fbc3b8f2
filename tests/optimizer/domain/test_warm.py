"""What is compiled is compiled before the first task, and never again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.optimizer.domain.allocations import kernel as allocations
from services.optimizer.domain.cardinality import mixing
from services.optimizer.domain.cardinality.sampling import kernels
from services.optimizer.domain.constraints import Cardinality, Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.sampling import Mixer, Sampling
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.solvers.dual_newton import kernel as newton
from services.optimizer.domain.solvers.dual_newton import ratio
from services.optimizer.domain.solvers.warm import compile_all
from tests.optimizer.problems import control, equal_weights, moments, problem

COMPILED = [
    function
    for module in (newton, ratio, mixing, allocations, kernels)
    for function in vars(module).values()
    if hasattr(function, "signatures") and function.__module__ == module.__name__
]


def versions() -> dict[str, int]:
    return {function.__name__: len(function.signatures) for function in COMPILED}


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("dense", [True, False], ids=["dense", "factors"])
def test_no_problem_of_a_worker_compiles_anything_again(objective: Objective, dense: bool) -> None:
    """A worker's arrays are views of what it was sent, which may not be written."""
    compile_all()
    before = versions()
    stated = problem(Goal(objective), of=moments(dense=dense), current=equal_weights(12))
    if objective is Objective.CVAR:
        return
    if objective in (Objective.UTILITY, Objective.TRACKING_ERROR, Objective.ACTIVE_UTILITY):
        said = Constraints(benchmark=equal_weights(12), max_gross=2.0, max_turnover=0.5)
        stated = replace(stated, constraints=said, costs=Costs(commission=0.001, borrow=0.01))
    sent: Problem = from_bytes(Problem, to_bytes(stated))
    ChoosingEngine().solve(sent, control())
    assert versions() == before


@pytest.mark.parametrize("mixer", list(Mixer))
def test_no_choice_that_is_drawn_compiles_anything_again(mixer: Mixer) -> None:
    compile_all()
    before = versions()
    limits = Constraints(cardinality=Cardinality(4))
    stated = problem(Goal(Objective.RISK), limits, of=moments(dense=True))
    sent: Problem = from_bytes(Problem, to_bytes(replace(stated, sampling=Sampling(assets=8, mixer=mixer))))
    found = ChoosingEngine().solve(sent, control()).solved.selection
    assert found is not None
    assert found.draws is not None
    assert versions() == before
