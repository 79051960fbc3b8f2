"""What a covariance is spared where no weight is negative, and what that proves."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.cardinality import context, search
from services.optimizer.domain.cardinality.bound import worths
from services.optimizer.domain.cardinality.context import Context
from services.optimizer.domain.cardinality.diagonal import OwnRisk
from services.optimizer.domain.cardinality.doubly_nonnegative import DoublyNonnegative
from services.optimizer.domain.cardinality.program import Choice, root_of
from services.optimizer.domain.cardinality.relaxation import Relaxation, Relaxed
from services.optimizer.domain.constraints import Cardinality, Constraints
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem, StopRule
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.solvers.dual_newton import DualNewton, Program
from tests.optimizer.domain.cardinality.instances import KINDS, close, draw, own_risk, wrong
from tests.optimizer.problems import control


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


def at_root(choice: Choice) -> tuple[float, Relaxed]:
    """The best bound of some steps, and where they led."""
    root, relaxation = root_of(choice), Relaxation(choice)
    at, best = None, -np.inf
    for _ in range(8):
        at = relaxation.step(root, at)
        assert at is not None
        best = max(best, worths(choice, at.prices).bound(choice, root))
    assert at is not None
    return best, at


def learned(matrix: np.ndarray, rounds: int) -> tuple[Context, float, float]:
    """After some rounds: where nodes are bounded, the bound that was reached, and the one before."""
    own, choice = least_risk(matrix)
    before, at = at_root(choice)
    here = Context(np.arange(choice.assets), choice, choice.assets, DoublyNonnegative.of(own))
    reached = before
    for _ in range(rounds):
        found = here.learned(root_of(choice), at, never)
        assert found is not None
        bound, at = at_root(found.choice)
        here, reached = found, max(reached, bound)
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


def test_a_round_that_is_stopped_leaves_what_was_known() -> None:
    own, _ = least_risk(sample())
    known, asked = DoublyNonnegative.of(own), iter([False, False, True])
    assert known.learned(np.full(60, 1 / 60), np.full(60, 1e-3), lambda: next(asked)) is None
    assert np.array_equal(known.left, own.correlation)
    assert next(asked, None) is None


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", KINDS)
def test_a_search_that_begins_anew_proves_the_same(kind: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "ANEW_OF_FEW", 1)
    monkeypatch.setattr(context, "FEW", 0)
    choice = draw(kind, seed, largest=9)
    assert wrong(choice, own=own_risk(choice)) is None


def test_a_long_search_goes_on_among_fewer_assets(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, choice = sample(), least_risk(sample())[1]
    plain = search.search(choice, guide=search.Guide(enough=close))
    monkeypatch.setattr(search, "ANEW_OF_FEW", 2)
    told: list[tuple[int, float]] = []
    guide = search.Guide(enough=close, tell=lambda nodes, _, bound: told.append((nodes, bound)))
    anew = search.search(choice, guide=guide, own=OwnRisk(DenseCovariance(matrix)))
    assert plain.best is not None and anew.best is not None
    assert anew.best.value == pytest.approx(plain.best.value, rel=1e-9)
    assert anew.bound >= close(anew.best.value)
    assert anew.nodes < plain.nodes
    bounds = [bound for _, bound in told]
    assert bounds == sorted(bounds)
    assert len({bound for nodes, bound in told if nodes == 3}) > 1, "rounds tell what they reached"


def test_the_engine_proves_a_choice_among_many_in_few_nodes() -> None:
    symbols = tuple(f"A{i}" for i in range(160))
    moments = Moments(symbols, np.zeros(160), DenseCovariance(sample(160, 330)))
    few = Constraints(cardinality=Cardinality(8, min_weight=0.01))
    found = ChoosingEngine().solve(Problem(moments, Goal(Objective.RISK), few, stop=StopRule(1e-6, 60_000)), control())
    assert found.solved.gap <= 1e-6
    assert not found.solved.clock_stopped
    assert found.solved.iterations < 1_500, "a diagonal alone takes 3,553"


@pytest.mark.parametrize("asked", [5, 60, 160, 161])
def test_a_search_that_is_stopped_as_it_learns_decomposes_nothing_more(
    asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked so often since it began to learn; a round has 150 sweeps and asks twice after them."""
    matrix, choice = sample(), least_risk(sample())[1]
    monkeypatch.setattr(search, "ANEW_OF_FEW", 1)
    questions, late = [], []

    def decomposed(self: OwnRisk, own: np.ndarray, spared: np.ndarray | float = 0.0) -> FactorCovariance:
        late.extend([own] if len(questions) > asked else [])
        return factors(self, own, spared)

    factors = OwnRisk.factors
    monkeypatch.setattr(OwnRisk, "factors", decomposed)
    own = OwnRisk(DenseCovariance(matrix))

    def stopped() -> bool:
        questions.append(1)
        return len(questions) > asked

    def narrow(members: np.ndarray, wanted: np.ndarray) -> Choice:
        late.extend([wanted] if len(questions) > asked else [])
        return choice.among(members)

    found = search.search(choice, guide=search.Guide(close, stopped), narrow=narrow, own=own)
    assert found.stopped and found.best is not None
    assert np.isfinite(found.bound)
    assert not late
