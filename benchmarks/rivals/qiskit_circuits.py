"""The textbook's QAOA in Qiskit: a quadratic cost with a penalty, a mixer of X, simulated by Aer as a statevector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qiskit import transpile
from qiskit.circuit.library import qaoa_ansatz
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

from services.optimizer.domain.vectors import Vector


def textbook(matrix: Vector, held: int, gammas: Vector, betas: Vector) -> Callable[[], float]:
    """The mean of xᵀQx + λ (Σx − K)² over what the circuit draws: a function that simulates it once."""
    count, layers = len(matrix), gammas.size
    penalized = matrix + float(np.abs(matrix).max()) * (1.0 - 2 * held * np.eye(count))
    cost = _ising(penalized)
    circuit = qaoa_ansatz(cost, reps=layers).decompose(reps=3)
    circuit.save_statevector()
    simulator = AerSimulator(method="statevector", max_parallel_threads=1)
    # The ansatz orders its parameters β first.
    bound = transpile(circuit, simulator, optimization_level=0).assign_parameters(np.concatenate([betas, gammas]))
    states = np.arange(1 << count)
    x = ((states[:, None] >> np.arange(count)) & 1).astype(np.float64)
    costs = ((x @ penalized) * x).sum(axis=1)

    def mean() -> float:
        state = np.asarray(simulator.run(bound).result().get_statevector())
        return float(np.abs(state) ** 2 @ costs)

    return mean


def _ising(matrix: Vector) -> SparsePauliOp:
    """xᵀQx with x = (1 − Z) / 2, less its constant."""
    count, terms = len(matrix), []
    alone = -0.5 * np.diag(matrix).copy()
    for i in range(count):
        for j in range(i):
            terms.append(("ZZ", [i, j], 0.5 * matrix[i, j]))
            alone[[i, j]] -= 0.5 * matrix[i, j]
    terms += [("Z", [i], alone[i]) for i in range(count)]
    return SparsePauliOp.from_sparse_list(terms, count)
