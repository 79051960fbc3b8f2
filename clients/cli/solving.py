"""The options that say when a solve stops and how assets are chosen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter
from qpo.optimizer.v1.optimization_pb2 import Mixer, OptimizationResult, Sampler, Sampling, StopRule

from clients.cli.console import drawn
from clients.cli.problem import Problem

_SOLVING = Group("Solving", sort_key=17)
_SAMPLERS = {
    "quantum": Sampler.SAMPLER_QAOA,
    "annealing": Sampler.SAMPLER_ANNEALING,
    "bifurcation": Sampler.SAMPLER_BIFURCATION,
}
_MIXERS = {"grover": Mixer.MIXER_GROVER, "ring": Mixer.MIXER_RING, "transverse": Mixer.MIXER_TRANSVERSE}


@Parameter(name="*", group=_SOLVING)
@dataclass(frozen=True, kw_only=True)
class SolvingOptions:
    """When a solve stops, and how assets are chosen."""

    gap: float = 0.0
    """Stop at this relative gap between objective and bound; 0 means 1e-9."""
    time_budget_ms: int = 0
    """Stop after so many milliseconds with the best that was found; 0 means 10,000."""
    method: Literal["exact", "quantum", "annealing", "bifurcation"] = "exact"
    """With --max-assets: who draws choices beside the search that proves the best one. `quantum` is QAOA as a classical
    machine simulates it; `exact`: nobody."""
    draw_among: int = 0
    """Draw among so many assets, more than --max-assets and at most 24; 0 means 16."""
    shots: int = 0
    """How many choices are drawn; 0 means 256."""
    mixer: Literal["grover", "ring", "transverse"] = "grover"
    """Of `quantum`: what moves amplitude between choices."""
    layers: int = 0
    """Of `quantum`: layers of the circuit; 0 means 2."""
    circuit: Annotated[Path | None, Parameter(name="--circuit")] = None
    """Of `quantum`: write the trained circuit here, as OpenQASM 3."""

    def stop(self) -> StopRule:
        """When to stop."""
        return StopRule(gap_target=self.gap, time_budget_ms=self.time_budget_ms)

    def sampling(self) -> Sampling | None:
        """How choices are drawn; nothing if nobody draws."""
        if self.method == "exact":
            if self.circuit is not None:
                raise Problem("only a circuit can be written", [("--circuit", "add --method quantum, or leave it out")])
            return None
        return Sampling(
            sampler=_SAMPLERS[self.method],
            assets=self.draw_among,
            shots=self.shots,
            mixer=_MIXERS[self.mixer],
            layers=self.layers,
            with_circuit=self.circuit is not None,
        )

    def write(self, found: OptimizationResult) -> None:
        """The circuit, where it was asked for."""
        if self.circuit is None:
            return
        written = found.selection.draws.circuit.openqasm
        if not written:
            raise Problem("no circuit was needed: the first bound proved the choice", [("--circuit", "leave it out")])
        self.circuit.write_text(written)
        drawn(self.circuit)


AS_USUAL = SolvingOptions()
