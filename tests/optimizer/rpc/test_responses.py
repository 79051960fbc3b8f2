"""A response that is put together from bytes is the message that protobuf would have written."""

from dataclasses import replace

import numpy as np
import pytest
from qpo.optimizer.v1 import optimizer_service_pb2 as pb

from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.rpc.responses import to_solve_response
from services.optimizer.wire.jobs import to_result
from tests.optimizer.problems import control, problem


@pytest.fixture(scope="module")
def found():
    return ChoosingEngine().solve(problem(), control())


def of(found, symbols, weights):
    """The same answer over another universe."""
    trades = replace(found.trades, **dict.fromkeys(found.trades.__dataclass_fields__, np.zeros(len(symbols))))
    solved = replace(found.solved, weights=np.asarray(weights, dtype=np.float64))
    return replace(found, symbols=tuple(symbols), solved=solved, trades=trades)


@pytest.mark.parametrize("count", [1, 2, 30, 500, 5000])
def test_it_is_read_as_the_same_message(found, count):
    names = [f"S{number:0{1 + number % 9}d}" for number in range(count)]
    weights = np.random.default_rng(7).normal(size=count)
    answer = of(found, names, weights)
    assert pb.SolveResponse.FromString(to_solve_response(answer)) == pb.SolveResponse(result=to_result(answer))


def test_it_has_the_weights_of_this_answer_and_of_none_before(found):
    names = ("A", "BB", "CCC")
    for weights in ([0.0, -0.0, 1.0], [0.25, 0.25, 0.5], [-1.0, 1e-300, 2.0]):
        told = pb.SolveResponse.FromString(to_solve_response(of(found, names, weights)))
        assert dict(told.result.weights) == dict(zip(names, weights, strict=True))


def test_names_beyond_ascii_are_as_long_as_their_bytes(found):
    answer = of(found, ("Ä" * 100, "B"), [0.5, 0.5])
    assert pb.SolveResponse.FromString(to_solve_response(answer)) == pb.SolveResponse(result=to_result(answer))
