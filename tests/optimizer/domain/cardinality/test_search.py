"""Choices of assets, and what is proven of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.cardinality.bound import worths
from services.optimizer.domain.cardinality.program import Choice, Node, held
from services.optimizer.domain.cardinality.relaxation import water_level
from services.optimizer.domain.cardinality.search import Guide, search
from services.optimizer.domain.solvers.dual_newton import DualNewton, Program
from tests.optimizer.domain.cardinality.instances import KINDS, by_trying_all, close, draw, wrong


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", KINDS)
def test_bound_optimum_and_incumbent_are_in_this_order_and_meet(kind: str, seed: int) -> None:
    assert wrong(draw(kind, seed, largest=9)) is None


def large(seed: int = 1, count: int = 60, most: int = 8) -> Choice:
    random = np.random.default_rng(seed)
    loadings = random.normal(0, 0.08, (count, 5))
    loadings[:, 0] += 0.16
    program = Program(
        random.normal(0.06, 0.03, count),
        5.0,
        np.zeros(count),
        np.full(count, 0.3),
        np.array([1.0]),
        np.array([1.0]),
    )
    newton = DualNewton(loadings, random.uniform(0.1, 0.4, count) ** 2, np.ones((1, count)))
    return Choice(newton, program, np.full(count, 0.02), most)


def test_more_assets_are_never_worse() -> None:
    values = [search(large(most=most), guide=Guide(enough=close)).best.value for most in (4, 6, 8, 12)]  # type: ignore[union-attr]
    assert values == sorted(values, reverse=True)


def test_the_order_of_assets_does_not_matter() -> None:
    choice, order = large(), np.random.default_rng(2).permutation(60)
    program, structure = choice.program, choice.newton.structure
    loadings = structure.columns[:, : structure.factors]
    other = Choice(
        DualNewton(loadings[order], structure.specific[order], np.ones((1, 60))),
        replace(program, expected_returns=program.expected_returns[order]),
        choice.least,
        choice.most,
    )
    one, two = search(choice, guide=Guide(enough=close)).best, search(other, guide=Guide(enough=close)).best
    assert one is not None and two is not None
    assert two.weights == pytest.approx(one.weights[order], abs=1e-8)


def test_prices_of_whatever_kind_bound_every_choice() -> None:
    random = np.random.default_rng(3)
    for seed in range(20):
        choice = draw("exactly" if seed % 2 else "costs", seed, largest=8)
        best = by_trying_all(choice)
        nowhere = np.zeros(choice.assets, dtype=bool)
        for _ in range(20):
            z = random.normal(0, 0.3, choice.newton.structure.prices)
            z[-2:] = 0.0
            assert worths(choice, z).bound(choice, Node(nowhere, nowhere)) <= best


def test_what_is_required_is_held_and_what_is_not_allowed_is_not() -> None:
    choice = large()
    free = search(choice, guide=Guide(enough=close)).best
    assert free is not None
    unloved = int(np.argmin(free.weights))
    required = np.zeros(60, dtype=bool)
    required[unloved] = True
    forced = search(choice, required, guide=Guide(enough=close)).best
    assert forced is not None
    assert forced.weights[unloved] >= 0.02
    assert forced.value > free.value
    upper = np.where(free.chosen, 0.0, choice.program.upper)
    without = search(replace(choice, program=replace(choice.program, upper=upper)), guide=Guide(enough=close)).best
    assert without is not None
    assert not np.any(without.chosen & free.chosen)


def test_a_search_that_is_stopped_has_an_incumbent_and_a_bound_that_holds() -> None:
    choice = large(seed=5, count=120, most=10)
    whole = search(choice, guide=Guide(enough=close))
    asked = iter([False] * 3 + [True] * 1000)
    short = search(choice, guide=Guide(enough=close, stopped=lambda: next(asked)))
    assert whole.best is not None and short.best is not None
    assert short.stopped and not whole.stopped
    assert short.bound <= whole.best.value <= short.best.value + 1e-12


def test_what_is_told_only_gets_nearer() -> None:
    told: list[tuple[float, float]] = []
    guide = Guide(enough=close, tell=lambda _, value, bound: told.append((value, bound)))
    search(large(seed=5, count=120, most=10), guide=guide)
    values, bounds = zip(*told, strict=True)
    assert list(values) == sorted(values, reverse=True)
    assert list(bounds) == sorted(bounds)


def test_too_many_required_assets_are_no_choice() -> None:
    found = search(large(most=2), np.arange(60) < 3)
    assert found.best is None
    assert np.isinf(found.bound)


def test_water_stands_where_it_fills_what_is_left() -> None:
    random = np.random.default_rng(1)
    weights, specific = random.random(30), random.random(30)
    none = np.zeros(30, dtype=bool)
    level = water_level(weights, specific, Node(none, none), 7)
    assert np.minimum(1.0, np.sqrt(specific) * weights / level).sum() == pytest.approx(7)


def test_a_choice_that_is_held_keeps_to_its_assets() -> None:
    choice = large()
    chosen = np.arange(60) < 5
    answer = held(choice, chosen)
    assert np.all(answer.weights[~chosen] == 0)
    assert np.all(answer.weights[chosen] >= 0.02 - 1e-12)
