"""Every sampler behind the port."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality.sampling.annealing import Annealing
from services.optimizer.domain.cardinality.sampling.bifurcation import Bifurcation
from services.optimizer.domain.cardinality.sampling.qaoa import Qaoa
from services.optimizer.domain.cardinality.sampling.sampler import Drawn, Sampler
from services.optimizer.domain.sampling import Mixer
from tests.optimizer.domain.cardinality.sampling.landscapes import around, drawn_choice

SAMPLERS = [Qaoa(), Qaoa(Mixer.RING), Qaoa(layers=1), Annealing(), Bifurcation()]


def drawn(sampler: Sampler, seed: int = 0) -> Drawn:
    return sampler.draw(around(drawn_choice()), 256, np.random.default_rng(seed), lambda: False)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_every_draw_is_a_choice_of_so_many(sampler: Sampler) -> None:
    found = drawn(sampler)
    assert found.states.size == 256
    assert (np.bitwise_count(found.states) == 6).all()
    assert found.states.max() < 1 << 12


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_draws_cost_less_than_choices_at_random(sampler: Sampler) -> None:
    for seed in range(3):
        landscape = around(drawn_choice(seed))
        states = sampler.draw(landscape, 256, np.random.default_rng(0), lambda: False).states
        costs = landscape.costs[np.searchsorted(landscape.subspace.states, states)]
        assert np.median(costs) < np.quantile(landscape.costs, 0.1)
        assert np.unique(states).size > 1


@pytest.mark.parametrize("sampler", [*SAMPLERS, Qaoa(Mixer.TRANSVERSE)], ids=repr)
def test_equal_seeds_draw_alike_and_others_do_not(sampler: Sampler) -> None:
    assert (drawn(sampler, 4).states == drawn(sampler, 4).states).all()
    assert drawn(sampler, 4).states.tolist() != drawn(sampler, 5).states.tolist()


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_told_to_stop_it_still_answers(sampler: Sampler) -> None:
    found = sampler.draw(around(drawn_choice()), 10, np.random.default_rng(0), lambda: True)
    assert (np.bitwise_count(found.states) == 6).all()


def test_shots_that_chose_too_many_or_too_few_are_not_choices() -> None:
    found = drawn(Qaoa(Mixer.TRANSVERSE))
    assert 0 < found.states.size < 256
    assert (np.bitwise_count(found.states) == 6).all()


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("seed", range(4))
def test_a_circuit_says_how_much_it_amplifies_and_never_more_than_it_can(seed: int, layers: int) -> None:
    landscape = around(drawn_choice(seed))
    circuit = Qaoa(layers=layers).draw(landscape, 256, np.random.default_rng(0), lambda: False).circuit
    assert circuit is not None
    assert len(circuit.gammas) == len(circuit.betas) == layers
    assert 1.0 < circuit.amplification <= circuit.ceiling == (2 * layers + 1) ** 2
    assert 0.8 < circuit.approximation_ratio <= 1.0
    assert 0.0 < circuit.start_probability < circuit.best_probability <= 1.0


def test_the_share_of_the_best_is_what_the_circuit_says() -> None:
    landscape = around(drawn_choice(2))
    found = Qaoa().draw(landscape, 20_000, np.random.default_rng(0), lambda: False)
    assert found.circuit is not None
    best = landscape.subspace.states[np.argmin(landscape.costs)]
    chance = found.circuit.best_probability
    off = 5 * np.sqrt(chance * (1 - chance) / 20_000)
    assert np.mean(found.states == best) == pytest.approx(chance, abs=off)


def test_more_layers_come_nearer() -> None:
    landscape = around(drawn_choice(3))
    ratios = [
        Qaoa(layers=layers).draw(landscape, 1, np.random.default_rng(0), lambda: False).circuit.approximation_ratio  # type: ignore[union-attr]
        for layers in (1, 2, 4)
    ]
    assert ratios == sorted(ratios)
