"""Canonical bytes and the records written in them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.optimizer.domain.canonical import pack, unpack
from services.optimizer.domain.constraints import Bounds, Constraints
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import from_bytes, input_hash, to_bytes
from services.optimizer.domain.result import Frontier, Optimum
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.vectors import vector
from tests.optimizer.problems import control, problem, problems

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
trees = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text().filter(lambda key: key not in {"block", "shape"}), inner, max_size=4)
    ),
)


@given(trees)
def test_a_tree_comes_back_from_its_bytes(tree: object) -> None:
    assert unpack(pack(tree)) == tree


def test_arrays_come_back_with_their_shapes() -> None:
    found = unpack(pack({"b": [vector([[1, 2, 3], [4, 5, 6]])], "a": vector([])}))
    assert found["b"][0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found["a"].shape == (0,)


def test_the_same_number_has_one_form() -> None:
    assert pack([0.0, 1.0, 2]) == pack([-0.0, 1, 2.0])
    assert pack(vector([-0.0])) == pack(np.array([0.0]))


def test_the_order_of_keys_does_not_matter() -> None:
    one, two = vector([1.0]), vector([2.0])
    assert pack({"x": one, "y": two}) == pack({"y": two, "x": one})


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack(float("nan"))


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="magic"):
        unpack(b"something else")


@settings(max_examples=40, deadline=None)
@given(problems())
def test_a_problem_comes_back_from_its_bytes(stated: Problem) -> None:
    assert to_bytes(from_bytes(Problem, to_bytes(stated))) == to_bytes(stated)


def test_an_optimum_and_a_frontier_come_back_from_their_bytes() -> None:
    optimum = ChoosingEngine().solve(problem(), control())
    frontier = ChoosingEngine().frontier(problem(), 3, control())
    assert to_bytes(from_bytes(Optimum, to_bytes(optimum))) == to_bytes(optimum)
    assert to_bytes(from_bytes(Frontier, to_bytes(frontier))) == to_bytes(frontier)


def test_scenarios_come_back_from_the_bytes_of_a_problem() -> None:
    scenarios = vector(np.random.default_rng(1).normal(0, 0.01, (30, 12)))
    stated = problem(of=replace(problem().moments, scenarios=scenarios))
    found = from_bytes(Problem, to_bytes(stated))
    assert found.moments.scenarios is not None
    np.testing.assert_array_equal(found.moments.scenarios, scenarios)
    assert input_hash(stated) != input_hash(problem())


def test_the_input_hash_is_the_digest_of_the_canonical_bytes() -> None:
    assert input_hash(problem()) == hashlib.sha256(to_bytes(problem())).hexdigest()


def test_another_problem_has_another_hash() -> None:
    stated = problem()
    others = [
        replace(stated, goal=Goal(Objective.RISK)),
        replace(stated, constraints=Constraints(default_bounds=Bounds(0, 0.5))),
        replace(stated, current={"S000": 0.1}),
        replace(stated, moments=replace(stated.moments, observations=755)),
    ]
    assert len({input_hash(each) for each in [stated, *others]}) == 5
