"""What a covariance is spared where no weight is negative, and what that proves."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality import context, search
from services.optimizer.domain.cardinality.bound import worths
from services.optimizer.domain.cardinality.context import Context
from services.optimizer.domain.cardinality.diagonal import OwnRisk
from services.optimizer.domain.cardinality.doubly_nonnegative import DoublyNonnegative
from services.optimizer.domain.cardinality.program import Choice, Node, root_of
from services.optimizer.domain.cardinality.relaxation import Relaxation
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.solvers.dual_newton import DualNewton, Program
from tests.optimizer.domain.cardinality.instances import KINDS, by_trying_all, close, draw


def never() -> bool:
    return False


def sample(count: int = 60, sessions: int = 130, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    market = random.normal(0, 0.02, (sessions, 1)) * random.uniform(0.5, 1.5, count)
    return np.asarray(np.cov((market + random.normal(0, 0.03, (sessions, count))).T))


def least_risk(matrix: np.ndarray, most: int = 6) -> tuple[OwnRisk, Choice]:
    own, count = OwnRisk(DenseCovariance(matrix)), matrix.shape[0]
    covariance = own.factors(own.even)
    program = Program(np.zeros(count), 1.0, np.zeros(count), np.ones(count), np.ones(1), np.ones(1))
    newton = DualNewton(covariance.loadings, covariance.specific, np.ones((1, count)))
    return own, Choice(newton, program, np.full(count, 0.01), most)


def at_root(choice: Choice) -> tuple[float, Context, Node]:
    root, at, best = root_of(choice), None, -np.inf
    relaxation = Relaxation(choice)
    for _ in range(8):
        at = relaxation.step(root, at)
        assert at is not None
        best = max(best, worths(choice, at.prices).bound(choice, root))
    return best, Context(np.arange(choice.assets), choice, choice.assets), root


def learned(matrix: np.ndarray, rounds: int) -> tuple[Context, float, float]:
    """After some rounds: where nodes are bounded, the bound that was reached, and the one before."""
    own, choice = least_risk(matrix)
    before, _, root = at_root(choice)
    here = Context(np.arange(choice.assets), choice, choice.assets, DoublyNonnegative.of(own))
    reached = before
    for _ in range(rounds):
        at = None
        for _ in range(8):
            at = here.relaxation.step(root, at)
        assert at is not None
        here = here.learned(root, at, never)
        reached = max(reached, at_root(here.choice)[0])
    return here, reached, before


def test_only_covariances_are_spared_and_none_is_added() -> None:
    matrix = sample()
    structure = learned(matrix, 4)[0].choice.newton.structure
    loadings = structure.columns[:, : structure.factors]
    spared = matrix - loadings @ loadings.T - np.diag(structure.specific)
    assert np.abs(np.diag(spared)).max() <= 1e-12
    assert spared.min() >= -1e-12
    assert spared.max() > 1e-5
    assert np.all(structure.specific > 0)


def test_the_bound_at_the_root_closes_most_of_what_a_diagonal_leaves_open() -> None:
    matrix = sample()
    _, reached, before = learned(matrix, 15)
    best = search.search(least_risk(matrix)[1], guide=search.Guide(enough=close)).best
    assert best is not None
    assert before < reached <= best.value
    assert best.value - reached < 0.5 * (best.value - before)


def test_a_part_is_spared_no_more_than_the_whole() -> None:
    whole = learned(sample(), 3)[0].spared
    assert whole is not None
    members = np.arange(0, 60, 2)
    part = whole.among(members)
    assert np.array_equal(part.left, whole.left[::2, ::2])
    assert part.own.correlation == pytest.approx(whole.own.correlation[::2, ::2], abs=1e-15)


def test_a_round_that_is_stopped_spares_nothing_wrong() -> None:
    matrix = sample()
    own, _ = least_risk(matrix)
    _, covariance = DoublyNonnegative.of(own).learned(np.full(60, 1 / 60), np.full(60, 1e-3), lambda: True)
    assert covariance.full() == pytest.approx(matrix, abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", KINDS)
def test_a_search_that_begins_anew_proves_the_same(kind: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "ANEW_OF_FEW", 1)
    monkeypatch.setattr(context, "FEW", 0)
    choice = draw(kind, seed, largest=9)
    structure = choice.newton.structure
    loadings = structure.columns[:, : structure.factors]
    own = OwnRisk(DenseCovariance(loadings @ loadings.T + np.diag(structure.specific)))
    best = by_trying_all(choice)
    found = search.search(choice, guide=search.Guide(enough=close), own=own)
    if found.best is None:
        assert not np.isfinite(best) and not found.stopped
    else:
        assert found.bound <= best + 1e-9 * max(1.0, abs(best))
        assert found.best.value == pytest.approx(best, rel=1e-6, abs=1e-9)


def test_a_long_search_goes_on_among_fewer_assets(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, choice = sample(), least_risk(sample())[1]
    plain = search.search(choice, guide=search.Guide(enough=close))
    monkeypatch.setattr(search, "ANEW_OF_FEW", 2)
    anew = search.search(choice, guide=search.Guide(enough=close), own=OwnRisk(DenseCovariance(matrix)))
    assert plain.best is not None and anew.best is not None
    assert anew.best.value == pytest.approx(plain.best.value, rel=1e-9)
    assert anew.bound >= close(anew.best.value)
    assert anew.nodes < plain.nodes
