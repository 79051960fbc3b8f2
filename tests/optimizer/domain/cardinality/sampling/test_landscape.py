"""What choices of a few assets cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.cardinality.program import held, root_of
from services.optimizer.domain.cardinality.sampling import landscape as module
from services.optimizer.domain.cardinality.sampling.landscape import landscape
from tests.optimizer.domain.cardinality.instances import draw
from tests.optimizer.domain.cardinality.sampling.landscapes import around, bounded, drawn_choice


@pytest.mark.parametrize("kind", ["plain", "return", "groups", "buy-in", "costs", "turnover", "dense", "narrow"])
def test_costs_are_the_optima_of_their_choices(kind: str) -> None:
    seen = 0
    for seed in range(30):
        choice = draw(kind, seed, largest=9)
        if not np.isfinite(held(choice, np.ones(choice.assets, dtype=bool)).value) or choice.most >= choice.assets:
            continue
        try:
            root = bounded(choice)
        except LookupError:
            continue
        found = landscape(choice, root, 8, np.random.default_rng(0))
        if found is None:
            continue
        answers = [held(choice, found.chosen(state)) for state in found.subspace.states.tolist()]
        known = np.array([answer.converged for answer in answers])
        values = np.array([answer.value for answer in answers])
        assert found.exact
        assert found.costs[known] == pytest.approx(values[known], rel=1e-7, abs=1e-9)
        assert found.costs[~known] == pytest.approx(values[known].max(), rel=1e-7, abs=1e-9)
        seen += 1
    assert seen > 5


def test_what_is_in_stays_in_and_what_is_out_is_not_looked_at() -> None:
    choice = drawn_choice()
    node = root_of(choice, np.arange(choice.assets) == 7).with_outside(int(np.argmax(choice.program.expected_returns)))
    found = landscape(choice, bounded(choice, node), 10, np.random.default_rng(0))
    assert found is not None
    assert found.subspace.held == choice.most - 1
    assert 7 not in found.assets
    assert int(np.argmax(choice.program.expected_returns)) not in found.assets
    chosen = found.chosen(int(found.subspace.states[0]))
    assert chosen[7]
    assert chosen.sum() == choice.most


def test_the_assets_are_those_with_the_largest_shares() -> None:
    found = around(drawn_choice(), 12)
    assert (np.diff(found.shares) <= 0).all()
    assert found.shares[:3].min() > 0.1


def test_there_is_nothing_to_draw_where_all_or_none_are_chosen() -> None:
    choice = drawn_choice(most=6)
    assert landscape(choice, bounded(choice), 6, np.random.default_rng(0)) is None
    full = root_of(choice, np.arange(choice.assets) < 6)
    assert landscape(choice, bounded(choice, full), 12, np.random.default_rng(0)) is None


def test_a_model_takes_the_place_of_costs_that_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = drawn_choice()
    exact = around(choice, 14)
    monkeypatch.setattr(module, "MOST_EXACT", 1000)
    modelled = around(choice, 14)
    assert not modelled.exact
    assert np.corrcoef(modelled.costs, exact.costs)[0, 1] > 0.97
    assert around(choice, 14, seed=1).costs != pytest.approx(modelled.costs, rel=1e-12)


def test_no_admissible_choice_is_no_landscape() -> None:
    choice = drawn_choice()
    tight = replace(choice, program=replace(choice.program, upper=np.full(choice.assets, 0.1)))
    assert landscape(tight, bounded(tight), 12, np.random.default_rng(0)) is None
