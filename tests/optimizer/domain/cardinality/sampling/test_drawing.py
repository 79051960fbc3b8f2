"""Drawing within a search: never a wrong answer, and sometimes a better one."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality.incumbent import Incumbents
from services.optimizer.domain.cardinality.program import held, root_of
from services.optimizer.domain.cardinality.sampling.drawing import Drawing
from services.optimizer.domain.cardinality.search import Guide, search
from services.optimizer.domain.sampling import Mixer, SamplerKind, Sampling
from tests.optimizer.domain.cardinality.instances import close, draw, wrong
from tests.optimizer.domain.cardinality.sampling.landscapes import bounded, drawn_choice

SAMPLINGS = [Sampling(kind, assets=12) for kind in SamplerKind] + [Sampling(mixer=Mixer.RING, assets=12)]


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=repr)
def test_a_search_that_draws_proves_the_same(sampling: Sampling) -> None:
    for seed in range(4):
        choice = drawn_choice(seed)
        drawing = Drawing(sampling, seed)
        plain, drawn = search(choice, guide=Guide(close)), search(choice, guide=Guide(close, draw=drawing))
        assert plain.best is not None
        assert drawn.best is not None
        assert drawn.best.value == pytest.approx(plain.best.value, abs=1e-12)
        told = drawing.told([f"S{asset}" for asset in range(choice.assets)])
        if drawn.nodes == 1:
            continue
        assert told is not None
        assert (told.kind, told.held, told.shots) == (sampling.kind, choice.most, 256)
        assert told.feasible == 256
        assert 1 < told.distinct <= told.choices
        assert len(set(told.symbols)) == 12


@pytest.mark.parametrize("kind", ["plain", "groups", "buy-in", "exactly", "costs", "narrow"])
def test_small_choices_are_still_what_trying_all_finds(kind: str) -> None:
    for seed in range(10):
        choice = draw(kind, seed, largest=9)
        assert wrong(choice, Drawing(Sampling(assets=8), seed)) is None


def test_draws_alone_find_the_best_that_there_is_among_their_assets() -> None:
    choice = drawn_choice()
    incumbents = Incumbents(choice, root_of(choice), lambda chosen, start: _best(choice, chosen))
    drawing = Drawing(Sampling(assets=10), 0)
    drawing(choice, bounded(choice), incumbents)
    assert incumbents.best is not None
    assert incumbents.best.found_by == "qaoa"
    assert drawing.landscape is not None
    assert incumbents.best.value <= drawing.landscape.costs.min() + 1e-9


def _best(choice, chosen):  # type: ignore[no-untyped-def]
    answer = held(choice, chosen)
    return (answer, answer.value, choice) if answer.converged else None


def test_told_to_stop_it_draws_nothing() -> None:
    choice = drawn_choice()
    incumbents = Incumbents(choice, root_of(choice), lambda chosen, start: _best(choice, chosen))
    drawing = Drawing(Sampling(), 0, lambda: True)
    drawing(choice, bounded(choice), incumbents)
    assert incumbents.best is None
    assert drawing.told([str(asset) for asset in range(choice.assets)]) is None


def test_equal_seeds_lead_the_same_way() -> None:
    choice, paths = drawn_choice(5, count=100, most=10), []
    for _ in range(2):
        told: list[tuple[int, float, float]] = []
        search(choice, guide=Guide(close, tell=lambda *now, into=told: into.append(now), draw=Drawing(Sampling(), 9)))  # type: ignore[misc]
        paths.append(told)
    assert paths[0] == paths[1]
    assert len(paths[0]) > 1
    assert np.isfinite(paths[0][-1][1])
