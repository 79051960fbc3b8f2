"""The circuit that is written down, read and simulated by Qiskit."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import qasm3
from qiskit.quantum_info import Statevector

from services.optimizer.domain.cardinality.sampling.openqasm import conditional_angles
from services.optimizer.domain.cardinality.sampling.qaoa import Qaoa
from services.optimizer.domain.sampling import Mixer
from tests.optimizer.domain.cardinality.sampling.landscapes import around, drawn_choice


@pytest.mark.parametrize("most", [3, 4])
@pytest.mark.parametrize("mixer", Mixer)
def test_qiskit_finds_the_same_chances(mixer: Mixer, most: int) -> None:
    landscape = around(drawn_choice(most=most), 6)
    sampler = Qaoa(mixer, with_circuit=True)
    run = sampler.draw(landscape, 1, np.random.default_rng(0), lambda: False).circuit
    assert run is not None
    written = qasm3.loads(run.openqasm)
    written.remove_final_measurements()
    chances = Statevector(written).probabilities(list(range(6)))
    circuit = sampler.circuit(landscape)
    ours = np.abs(circuit.state(np.array(run.gammas), np.array(run.betas))) ** 2
    states = np.arange(64) if mixer is Mixer.TRANSVERSE else landscape.subspace.states
    assert chances[states] == pytest.approx(ours, abs=1e-12)
    assert chances[states].sum() == pytest.approx(1.0)


def test_a_circuit_is_written_for_those_who_ask() -> None:
    landscape = around(drawn_choice(), 8)
    run = Qaoa().draw(landscape, 1, np.random.default_rng(0), lambda: False).circuit
    assert run is not None
    assert run.openqasm == ""


def test_the_next_asset_is_as_likely_as_what_is_left_to_choose_makes_it() -> None:
    even = conditional_angles(np.full(4, 0.5), 2)
    chances = np.sin(even / 2) ** 2
    assert chances[0, 0] == pytest.approx(2 / 4)
    assert chances[1, :2] == pytest.approx([2 / 3, 1 / 3])
    assert chances[2, :2] == pytest.approx([1.0, 1 / 2])
    assert chances[3, 1] == pytest.approx(1.0)
