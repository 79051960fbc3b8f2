"""States that hold so many assets."""

from __future__ import annotations

import math

import numpy as np
import pytest

from services.optimizer.domain.cardinality.sampling.subspace import Subspace


@pytest.mark.parametrize(("assets", "held"), [(5, 2), (8, 4), (6, 1), (6, 6), (12, 5)])
def test_there_is_every_choice_once(assets: int, held: int) -> None:
    subspace = Subspace(assets, held)
    assert subspace.size == math.comb(assets, held) == np.unique(subspace.states).size
    assert (subspace.masks(subspace.states).sum(axis=1) == held).all()
    assert (np.diff(subspace.states) > 0).all()


def test_the_product_state_is_what_independent_choices_are_given_how_many_are_made() -> None:
    subspace, chances = Subspace(6, 3), np.array([0.1, 0.9, 0.5, 0.3, 0.7, 0.2])
    bits = subspace.masks(subspace.states)
    likely = np.where(bits, chances, 1 - chances).prod(axis=1)
    assert subspace.product_state(chances) ** 2 == pytest.approx(likely / likely.sum())


@pytest.mark.parametrize(("assets", "held"), [(2, 1), (3, 2), (7, 3), (8, 8)])
def test_neighbours_exchange_one_asset_for_the_next(assets: int, held: int) -> None:
    subspace = Subspace(assets, held)
    alone, turned = subspace.neighbours
    assert alone.shape == turned.shape == (assets if assets > 2 else 1, math.comb(assets - 2, held - 1))
    for i, (before, after) in enumerate(zip(alone, turned, strict=True)):
        j = (i + 1) % assets
        left, come = subspace.states[before], subspace.states[after]
        assert ((left >> i) & 1 == 1).all()
        assert ((left >> j) & 1 == 0).all()
        assert (come == left - (1 << i) + (1 << j)).all()
