"""Many programs over one universe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest

from services.optimizer.domain.solvers.dual_newton import DualNewton, NewtonAnswers, Program, Programs
from tests.optimizer.domain.dual_newton.checks import solver
from tests.optimizer.domain.dual_newton.regimes import Drawn, sized

HALVES = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
COUNT = 7


def universe() -> Drawn:
    return sized("long only", 17, 60)


def programs(drawn: Drawn) -> Programs:
    """Every field its own."""
    random, one = np.random.default_rng(0), drawn.program
    shape = (COUNT, drawn.assets)
    start = random.dirichlet(np.ones(drawn.assets), COUNT)
    return Programs(
        expected_returns=one.expected_returns + 0.02 * random.standard_normal(shape),
        risk_aversion=random.uniform(2, 20, COUNT),
        lower=np.full(shape, -0.02),
        upper=np.tile(one.upper, (COUNT, 1)) * random.uniform(1, 2, (COUNT, 1)),
        floor=np.tile(one.floor, (COUNT, 1)),
        cap=np.tile(one.cap, (COUNT, 1)) * np.r_[1.0, np.full(one.cap.size - 1, 1.1)],
        start=start,
        linear_cost=random.uniform(0, 0.004, shape),
        impact_cost=random.uniform(0, 0.02, shape),
        borrow_cost=random.uniform(0, 0.02, shape),
        turnover=np.r_[np.inf, random.uniform(0.6, 0.9, COUNT - 1)],
        gross=np.r_[random.uniform(1.1, 1.3, COUNT - 1), np.inf],
    )


def at(many: Programs, row: int) -> Program:
    return Program(**{field.name: getattr(many, field.name)[row] for field in fields(many)})


@HALVES
def test_a_batch_answers_as_its_programs_do_one_by_one(compiled: bool) -> None:
    drawn = universe()
    newton, many = solver(drawn, compiled=compiled), programs(drawn)
    z = newton.solve(at(many, 0)).z
    answers = newton.solve_many(many, z)
    assert answers.converged.all()
    for row in range(COUNT):
        single = newton.solve(at(many, row), z)
        assert answers.weights[row] == pytest.approx(single.weights, abs=1e-14)
        assert answers.z[row] == pytest.approx(single.z, abs=1e-14)
        assert answers.values[row] == pytest.approx(single.value, abs=1e-14)
        assert answers.bounds[row] == pytest.approx(single.bound, abs=1e-14)
        assert answers.iterations[row] == single.iterations
        assert not answers.empty[row]


@HALVES
def test_what_all_have_alike_is_said_once(compiled: bool) -> None:
    drawn = universe()
    newton, many = solver(drawn, compiled=compiled), programs(drawn)
    same = {field.name: getattr(many, field.name)[1] for field in fields(many) if field.name != "expected_returns"}
    repeated = {name: np.repeat(np.asarray(value)[None], COUNT, axis=0) for name, value in same.items()}
    once, each = newton.solve_many(replace(many, **same)), newton.solve_many(replace(many, **repeated))
    assert once.weights.tobytes() == each.weights.tobytes()
    assert once.bounds.tobytes() == each.bounds.tobytes()


def test_parts_fill_the_room_of_the_whole() -> None:
    drawn = universe()
    newton, many = solver(drawn), programs(drawn)
    room, whole = NewtonAnswers.room(COUNT, newton.structure), newton.solve_many(many)
    for first in range(0, COUNT, 3):
        newton.solve_many(many.part(first, first + 3), into=room.part(first, first + 3))
    for field in fields(whole):
        assert getattr(room, field.name).tobytes() == getattr(whole, field.name).tobytes()


def test_threads_may_share_a_universe() -> None:
    drawn = universe()
    newton, many = solver(drawn), programs(drawn)
    alone = newton.solve_many(many)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: newton.solve_many(many), range(16)))
    assert all(each.weights.tobytes() == alone.weights.tobytes() for each in together)


def test_an_infeasible_program_spoils_no_other() -> None:
    drawn = universe()
    newton, many = solver(drawn), programs(drawn)
    floor, cap = many.floor.copy(), many.cap.copy()
    floor[2, 0] = cap[2, 0] = 50.0
    spoiled, sound = newton.solve_many(replace(many, floor=floor, cap=cap)), newton.solve_many(many)
    others = np.arange(COUNT) != 2
    assert spoiled.empty[2]
    assert spoiled.converged[others].all()
    assert spoiled.weights[others].tobytes() == sound.weights[others].tobytes()


@HALVES
def test_shapes_that_do_not_fit_and_numbers_that_cannot_be_are_refused(compiled: bool) -> None:
    drawn = universe()
    newton, one = solver(drawn, compiled=compiled), drawn.program
    for wrong in (
        replace(one, lower=np.zeros(drawn.assets + 1)),
        replace(one, cap=np.zeros(1)),
        replace(one, risk_aversion=0.0),
        replace(one, linear_cost=np.full(drawn.assets, -1e-3)),
    ):
        with pytest.raises(ValueError, match="must"):
            newton.solve(wrong)
    many = programs(drawn)
    with pytest.raises(ValueError, match="must"):
        newton.solve_many(replace(many, upper=many.upper[:2]))
    with pytest.raises(ValueError, match="must"):
        newton.solve_many(replace(many, gross=np.ones(2)))
    with pytest.raises(ValueError, match="must"):
        newton.solve(one, np.zeros(1))
    with pytest.raises(ValueError, match="no room"):
        newton.solve_many(many, into=NewtonAnswers.room(2, newton.structure))


def test_a_universe_that_cannot_be_is_refused() -> None:
    loadings, specific, rows = np.ones((3, 2)), np.ones(3), np.ones((1, 3))
    with pytest.raises(ValueError, match="positive"):
        DualNewton(loadings, np.array([1.0, 0.0, 1.0]), rows)
    for wrong in ((loadings[:2], specific, rows), (loadings, specific, rows[:, :2]), (loadings, rows, rows)):
        with pytest.raises(ValueError, match="must be"):
            DualNewton(*wrong)
