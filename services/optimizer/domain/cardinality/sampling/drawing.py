"""Drawing choices and making them exact: what a search asks a sampler for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.optimizer.domain.cardinality.bounded import Bounded
from services.optimizer.domain.cardinality.incumbent import Incumbents
from services.optimizer.domain.cardinality.program import Choice
from services.optimizer.domain.cardinality.sampling.annealing import Annealing
from services.optimizer.domain.cardinality.sampling.bifurcation import Bifurcation
from services.optimizer.domain.cardinality.sampling.landscape import Landscape, landscape
from services.optimizer.domain.cardinality.sampling.qaoa import Qaoa
from services.optimizer.domain.cardinality.sampling.sampler import Drawn, Sampler
from services.optimizer.domain.sampling import Draws, SamplerKind, Sampling


@dataclass
class Drawing:
    """A search's `draw`: many shots, each made exact, and what is next to the best of them."""

    sampling: Sampling
    seed: int
    stopped: Callable[[], bool] = lambda: False
    landscape: Landscape | None = field(default=None, init=False)
    """What was drawn from; None if nothing was."""
    drawn: Drawn | None = field(default=None, init=False)
    remark: str = field(default="", init=False)
    """Why nothing was drawn although it was asked for; the search went on without."""

    def __call__(self, choice: Choice, found: Bounded, incumbents: Incumbents) -> None:
        """Draw and try, the cheapest first."""
        try:
            self._draw(choice, found)
        except (np.linalg.LinAlgError, ValueError, MemoryError) as error:
            self.remark = f"{self.sampling.kind}: {error or type(error).__name__}"
        if self.landscape is not None and self.drawn is not None:
            self._try(self.landscape, self.drawn, found, incumbents)

    def _draw(self, choice: Choice, found: Bounded) -> None:
        random = np.random.default_rng(self.seed)
        self.landscape = landscape(choice, found, self.sampling.assets, random)
        if self.landscape is None:
            self.remark = f"{self.sampling.kind}: no choice of the most promising assets admits any weights"
        elif self.stopped():
            self.remark = f"{self.sampling.kind}: the time was too short to draw"
        else:
            sampler = sampler_of(self.sampling)
            self.drawn = sampler.draw(self.landscape, self.sampling.shots, random, self.stopped)

    def _try(self, around: Landscape, drawn: Drawn, found: Bounded, incumbents: Incumbents) -> None:
        distinct = np.unique(drawn.states)
        costs = around.costs[np.searchsorted(around.subspace.states, distinct)]
        for state in distinct[np.argsort(costs, kind="stable")].tolist():
            if self.stopped():
                return
            incumbents.tried(around.chosen(state), str(self.sampling.kind), found.at.prices)
        incumbents.improve(str(self.sampling.kind), self.stopped)

    def told(self, symbols: Sequence[str]) -> Draws | None:
        """What was drawn out of a universe; None if nothing was."""
        if self.landscape is None or self.drawn is None:
            return None
        subspace, states = self.landscape.subspace, self.drawn.states
        return Draws(
            kind=self.sampling.kind,
            symbols=tuple(symbols[asset] for asset in self.landscape.assets),
            held=subspace.held,
            choices=subspace.size,
            exact=self.landscape.exact,
            shots=self.sampling.shots,
            feasible=int(states.size),
            distinct=int(np.unique(states).size),
            circuit=self.drawn.circuit,
        )


def sampler_of(sampling: Sampling) -> Sampler:
    """What draws."""
    if sampling.kind is SamplerKind.ANNEALING:
        return Annealing()
    if sampling.kind is SamplerKind.BIFURCATION:
        return Bifurcation()
    return Qaoa(sampling.mixer, sampling.layers, with_circuit=sampling.with_circuit)
