"""One evaluation of a circuit and one gradient, beside Qiskit Aer's statevector of the textbook circuit of the same p.

Both have one thread. Aer simulates all 2ⁿ states, with a penalty on choices of more or fewer than K, since that is what
the textbook's transverse mixer needs; ours are the C(n, K) states that hold K.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.figures import Figure
from benchmarks.quantum.effort import Effort
from benchmarks.rivals.qiskit_circuits import textbook
from services.optimizer.domain.cardinality.sampling.circuit import Circuit
from services.optimizer.domain.cardinality.sampling.qaoa import drawn
from services.optimizer.domain.cardinality.sampling.quadratic import Quadratic
from services.optimizer.domain.cardinality.sampling.subspace import Subspace
from services.optimizer.domain.sampling import Mixer
from services.optimizer.domain.vectors import Vector

SHOTS = 10_000


def figures(effort: Effort) -> Iterator[Figure]:
    """The two mixers that stay among choices of K assets."""
    assets, held, layers = effort.circuit
    random = np.random.default_rng(1)
    half = random.normal(size=(assets, assets))
    model, subspace = Quadratic(half + half.T), Subspace(assets, held)
    gammas, betas = np.linspace(0.1, 0.6, layers), np.linspace(0.6, 0.1, layers)
    name = f"quantum.circuit.n{assets}_k{held}_p{layers}"
    aer = _median(textbook(model.matrix, held, gammas, betas), effort.rounds)
    yield Figure(f"{name}.aer.cpu", 1e3 * aer, "ms")
    start = subspace.product_state(random.uniform(0.08, 0.92, assets))
    for mixer in (Mixer.GROVER, Mixer.RING):
        circuit = Circuit(subspace, mixer, model(subspace.states), start)
        one = _median(lambda of=circuit: of.energy(gammas, betas), effort.rounds)  # type: ignore[misc]
        slope = _median(lambda of=circuit: of.gradient(gammas, betas), effort.rounds)  # type: ignore[misc]
        yield Figure(f"{name}.{mixer}.cpu", 1e3 * one, "ms")
        yield Figure(f"{name}.{mixer}.aer_over_qpo", aer / one, "x")
        yield Figure(f"{name}.{mixer}.gradient_over_evaluation", slope / one, "x")
        yield Figure(f"{name}.{mixer}.gradient_off", _off(circuit, gammas, betas), "1")
        states = subspace.states[drawn(np.abs(circuit.state(gammas, betas)) ** 2, SHOTS, random)]
        yield Figure(f"{name}.{mixer}.feasible", 100 * float(np.mean(np.bitwise_count(states) == held)), "%")


def _median(run: Callable[[], object], rounds: int) -> float:
    run()
    times = []
    for _ in range(rounds):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return statistics.median(times)


def _off(circuit: Circuit, gammas: Vector, betas: Vector) -> float:
    """The greatest difference of the gradient from central differences."""
    at, slopes = np.concatenate([gammas, betas]), circuit.gradient(gammas, betas)[1]
    step, found = 1e-5, np.empty(at.size)
    for i in range(at.size):
        ends = [at + sign * step * (np.arange(at.size) == i) for sign in (1, -1)]
        above, below = (circuit.energy(end[: gammas.size].copy(), end[gammas.size :].copy()) for end in ends)
        found[i] = (above - below) / (2 * step)
    return float(np.abs(found - slopes).max())
