"""The compiled circuits against those in NumPy, and their gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality.sampling.circuit import Circuit
from services.optimizer.domain.cardinality.sampling.subspace import Subspace
from services.optimizer.domain.sampling import Mixer


def circuit_of(mixer: Mixer, assets: int, held: int, seed: int = 0, *, compiled: bool = True) -> Circuit:
    random, subspace = np.random.default_rng(seed), Subspace(assets, held)
    size = 1 << assets if mixer is Mixer.TRANSVERSE else subspace.size
    start = np.full(size, size**-0.5)
    if mixer is not Mixer.TRANSVERSE:
        start = subspace.product_state(random.uniform(0.08, 0.92, assets))
    return Circuit(subspace, mixer, random.gamma(2.0, 0.01, size), start, compiled)


def angles(layers: int, seed: int = 3, widest: float = 6.0) -> tuple[np.ndarray, np.ndarray]:
    gammas, betas = np.random.default_rng(seed).uniform(-widest, widest, (2, layers))
    return gammas, betas


@pytest.mark.parametrize(("assets", "held", "layers"), [(5, 2, 1), (8, 4, 3), (2, 1, 2), (9, 8, 2)])
@pytest.mark.parametrize("mixer", Mixer)
def test_compiled_and_not_are_the_same_state(mixer: Mixer, assets: int, held: int, layers: int) -> None:
    one, other = (circuit_of(mixer, assets, held, compiled=compiled) for compiled in (True, False))
    at = angles(layers)
    assert one.state(*at) == pytest.approx(other.state(*at), abs=1e-13)
    assert one.energy(*at) == pytest.approx(other.energy(*at), abs=1e-12)
    assert np.linalg.norm(one.state(*at)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("assets", "held", "layers"), [(6, 3, 1), (10, 5, 4)])
@pytest.mark.parametrize("mixer", Mixer)
def test_the_gradient_is_what_differences_say(mixer: Mixer, assets: int, held: int, layers: int) -> None:
    circuit, at = circuit_of(mixer, assets, held), angles(layers, widest=1.0)
    energy, slopes = circuit.gradient(*at)
    plain_energy, differences = circuit_of(mixer, assets, held, compiled=False).gradient(*at)
    assert energy == pytest.approx(plain_energy, abs=1e-12)
    assert slopes == pytest.approx(differences, abs=1e-7)
    assert np.abs(slopes).max() > 1e-3


@pytest.mark.parametrize("mixer", Mixer)
def test_without_layers_there_is_the_start(mixer: Mixer) -> None:
    circuit = circuit_of(mixer, 6, 3)
    assert circuit.state(*angles(0)) == pytest.approx(circuit.start)


def test_costs_that_are_all_alike_change_nothing() -> None:
    circuit = circuit_of(Mixer.GROVER, 6, 3)
    level = Circuit(circuit.subspace, Mixer.GROVER, np.full(circuit.subspace.size, 0.3), circuit.start)
    assert np.abs(level.state(*angles(2))) == pytest.approx(circuit.start)
