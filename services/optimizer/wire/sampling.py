"""How choices are drawn, from the contract, and what was drawn, to it."""

from __future__ import annotations

from qpo.optimizer.v1 import optimization_pb2 as pb

from services.optimizer.domain.result import Selection
from services.optimizer.domain.sampling import (
    ASSETS,
    LAYERS,
    SHOTS,
    CircuitRun,
    Draws,
    Mixer,
    SamplerKind,
    Sampling,
)

_KINDS = {
    SamplerKind.QAOA: pb.SAMPLER_QAOA,
    SamplerKind.ANNEALING: pb.SAMPLER_ANNEALING,
    SamplerKind.BIFURCATION: pb.SAMPLER_BIFURCATION,
}
_MIXERS = {
    Mixer.GROVER: pb.MIXER_GROVER,
    Mixer.RING: pb.MIXER_RING,
    Mixer.TRANSVERSE: pb.MIXER_TRANSVERSE,
}


def from_sampling(of: pb.Sampling) -> Sampling:
    """Who draws; what is not said is as usual."""
    return Sampling(
        kind=next((kind for kind, number in _KINDS.items() if number == of.sampler), SamplerKind.QAOA),
        assets=of.assets or ASSETS,
        shots=of.shots or SHOTS,
        mixer=next((mixer for mixer, number in _MIXERS.items() if number == of.mixer), Mixer.GROVER),
        layers=of.layers or LAYERS,
        with_circuit=of.with_circuit,
    )


def to_selection(of: Selection | None) -> pb.Selection | None:
    """How assets were chosen."""
    if of is None:
        return None
    return pb.Selection(assets=of.assets, nodes=of.nodes, found_by=of.found_by, draws=_draws(of.draws))


def _draws(of: Draws | None) -> pb.Draws | None:
    if of is None:
        return None
    return pb.Draws(
        sampler=_KINDS[of.kind],
        symbols=of.symbols,
        held=of.held,
        choices=of.choices,
        exact=of.exact,
        shots=of.shots,
        feasible=of.feasible,
        distinct=of.distinct,
        circuit=_circuit(of.circuit),
    )


def _circuit(of: CircuitRun | None) -> pb.CircuitRun | None:
    if of is None:
        return None
    return pb.CircuitRun(
        mixer=_MIXERS[of.mixer],
        gammas=of.gammas,
        betas=of.betas,
        evaluations=of.evaluations,
        approximation_ratio=of.approximation_ratio,
        best_probability=of.best_probability,
        start_probability=of.start_probability,
        amplification=of.amplification,
        amplification_ceiling=of.ceiling,
        openqasm=of.openqasm,
    )
