"""The table of errors."""

from __future__ import annotations

import inspect

import pytest
from google.rpc import error_details_pb2
from qpo.optimizer.v1 import error_reason_pb2

from services.optimizer.app import errors as around
from services.optimizer.domain import errors as domain
from services.optimizer.domain.failure import Failure, error_of, failure_of
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.rpc.errors import error_table

CONFLICT = domain.Conflict("GROUP_CAP", "constraints.groups[g].max", "the cap is 0.1", 0.1, 0.2)
NAMED = domain.Named("constraints.groups[g].max", "the cap of group g")
OF_A_SOLVE = [
    domain.Infeasible([CONFLICT], together=True, contradiction=[NAMED, NAMED], relaxation=[CONFLICT]),
    domain.Infeasible([CONFLICT], together=False),
    domain.InvalidProblem([domain.Violation("goal.min_return", "leave it out")]),
    domain.NoExcessReturn(0.05, 0.1),
    domain.SolverFailed("clarabel", "stuck"),
    domain.Unbounded("no maximum"),
    domain.OutOfTime("too late"),
    domain.Cancelled("unwanted"),
]


def classes(module):
    return [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, Exception)]


@pytest.mark.parametrize("cls", [*classes(around), *classes(domain)], ids=lambda cls: cls.__name__)
def test_every_error_has_an_answer_with_a_reason_of_the_contract(cls):
    error = cls.__new__(cls)
    vars(error).update(dict.fromkeys(("engine", "scope", "symbols", "peer"), "x"))
    vars(error).update(dict.fromkeys(("violations", "conflicts", "shortfalls", "contradiction", "relaxation"), ()))
    vars(error).update(limit=1, most=1, most_bytes=1, together=True, greatest=0.0, risk_free_rate=0.0)
    status, info = error_table().status(error), error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert info.domain == "optimizer.qpo"
    assert f"ERROR_REASON_{info.reason}" in dict(error_reason_pb2.ErrorReason.items())


@pytest.mark.parametrize("error", OF_A_SOLVE, ids=lambda error: type(error).__name__)
def test_an_error_that_was_stored_is_answered_as_the_error_itself(error):
    stored = from_bytes(Failure, to_bytes(failure_of(error, "clarabel")))
    assert error_table().status(error_of(stored)) == error_table().status(error)


def test_a_defect_is_stored_without_its_text():
    stored = failure_of(ValueError("a secret"), "clarabel")
    assert "secret" not in str(error_of(stored))
