"""What a worker keeps between tasks."""

from __future__ import annotations

import time
from multiprocessing import Pipe
from types import SimpleNamespace

import numpy as np
import pytest

from services.optimizer.adapters.residents import Residents
from services.optimizer.adapters.sweeping import Sweeps, order
from services.optimizer.adapters.worker_process import BATCH, DONE, MISSING, SOLVE, UNIVERSE, Desk, _outcome, task
from services.optimizer.domain.batch.answers import Answers
from services.optimizer.domain.batch.frame import Frame
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.resident import absent, universe_id
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.domain.batch.streams import frame, header, swept
from tests.optimizer.problems import control, moments, problem

SMALL = to_bytes(moments())


def test_those_used_longest_ago_give_way_by_count_and_by_bytes():
    for kept in (Residents(most=2), Residents(most_bytes=2 * len(SMALL))):
        for name in (b"a", b"b"):
            kept.put(name, SMALL)
        assert kept.get(b"a") is not None
        kept.put(b"c", SMALL)
        assert [kept.get(name) is not None for name in (b"a", b"b", b"c")] == [True, False, True]


def test_the_universe_that_came_last_is_kept_however_large():
    kept = Residents(most_bytes=1)
    kept.put(b"a", SMALL)
    kept.put(b"b", SMALL)
    assert (kept.get(b"a"), kept.get(b"b").symbols) == (None, moments().symbols)


@pytest.fixture
def ask():
    """What a worker replies to a message."""
    desk, (here, there) = Desk(ChoosingEngine()), Pipe()
    yield lambda message: _outcome(desk, message, here, SimpleNamespace(value=False))
    there.close()


def test_a_universe_that_is_missing_is_asked_for_and_then_known(ask):
    universe = bytes.fromhex(universe_id(SMALL))
    solve = task(SOLVE, 10.0, to_bytes(problem(of=absent())), universe=universe)
    assert ask(solve) == MISSING
    assert ask(task(UNIVERSE, 0.0, SMALL, universe=universe)) == DONE
    assert ask(solve)[:1] == DONE


def test_a_frame_is_answered_as_the_sweep_answers_it(ask):
    stated, some = header(), frame(3, "mu_tilts")
    data = to_bytes(stated.moments)
    universe = bytes.fromhex(universe_id(data))
    lean = to_bytes(type(stated)(absent(), stated.goal, stated.constraints, costs=stated.costs))
    ask(task(UNIVERSE, 0.0, data, universe=universe))
    for weights in (True, False):
        reply = ask(task(BATCH, 10.0, *order(lean, some, weights=weights), universe=universe))
        answers = from_bytes(Answers, reply[1:])
        assert np.array_equal(answers.objectives, swept(stated, some).objectives)
        assert answers.weights.shape == ((3, 12) if weights else (0, 12))


def test_headers_are_made_ready_once_and_a_few_are_kept():
    sweeps, data = Sweeps(most=1), Frame(1)
    body = [bytearray(b"".join(order(to_bytes(header(seed=seed)), data, weights=True))) for seed in range(2)]
    for each in (body[0], body[1], body[0], body[0]):
        sweeps.solve(each, b"", moments(), ChoosingEngine(), control(seconds=time.monotonic()))
    assert len(sweeps._kept) == 1
