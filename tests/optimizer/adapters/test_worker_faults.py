"""A fault of ours in a worker is told to the log, and to nobody else."""

from multiprocessing import Pipe
from types import SimpleNamespace

import pytest

from chassis.logging import configure
from services.optimizer.adapters.worker_process import FAILED, SOLVE, Desk, _outcome, task
from services.optimizer.domain.failure import Failure
from services.optimizer.domain.records import from_bytes
from services.optimizer.domain.solvers.choosing import ChoosingEngine


@pytest.fixture
def log(standard_error):
    """What is logged."""
    configure("optimizer", "info", "")
    return standard_error


def test_an_unforeseen_error_leaves_its_trace_in_the_log_and_no_class_name_in_the_answer(log) -> None:
    here, _ = Pipe()
    message, flag = task(SOLVE, 1.0, b"no problem at all"), SimpleNamespace(value=False)
    reply = _outcome(Desk(ChoosingEngine()), message, here, flag)
    assert reply[:1] == FAILED
    failure = from_bytes(Failure, reply[1:])
    assert failure.kind == "SolverFailed"
    assert "Error" not in failure.text
    assert "Traceback" in log.getvalue()
