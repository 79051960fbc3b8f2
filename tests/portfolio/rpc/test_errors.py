"""Every error of the domain has its answer, by a reason that the contract names."""

import pytest
from google.rpc import error_details_pb2
from qpo.portfolio.v1.error_reason_pb2 import ErrorReason

from services.portfolio.domain import errors
from services.portfolio.rpc.errors import error_table

REASONS = frozenset(ErrorReason.keys())
EVERY = [
    (errors.InvalidPortfolio([errors.Violation("name", "give one")]), 3, "INVALID_REQUEST"),
    (errors.PortfolioNotFound("x"), 5, "PORTFOLIO_NOT_FOUND"),
    (errors.EtagMismatch(), 10, "ETAG_MISMATCH"),
    (errors.RequestIdReused(), 6, "REQUEST_ID_REUSED"),
    (errors.NotPriced("no close"), 9, "NOT_PRICED"),
    (errors.NotRebalanceable("no cash"), 9, "NOT_REBALANCEABLE"),
    (errors.Infeasible("no", [errors.Conflict("constraint", "max_budget", "by 0.1")]), 9, "INFEASIBLE"),
    (errors.ScopeMissing("run:optimization"), 7, "SCOPE_MISSING"),
    (errors.PeerUnavailable("optimizer"), 14, "PEER_UNAVAILABLE"),
]


def details(status, kind):
    detail = kind()
    return next((detail for packed in status.details if packed.Unpack(detail)), None)


@pytest.mark.parametrize(("error", "code", "reason"), EVERY, ids=lambda value: getattr(value, "__name__", str(value)))
def test_an_error_is_answered_with_its_code_and_reason(error, code, reason):
    status = error_table().status(error)
    info = details(status, error_details_pb2.ErrorInfo)
    assert (status.code, info.reason, info.domain) == (code, reason, "portfolio.qpo")
    assert status.message == str(error)
    assert f"ERROR_REASON_{reason}" in REASONS


def test_no_error_of_the_domain_is_without_an_answer():
    kinds = {
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PortfolioError)
    }
    assert kinds - {errors.PortfolioError} == {type(error) for error, _, _ in EVERY}


def test_an_answer_says_where_it_hurts():
    table = error_table()
    violations = details(table.status(EVERY[0][0]), error_details_pb2.BadRequest).field_violations
    assert [(v.field, v.description) for v in violations] == [("name", "give one")]
    conflicts = details(table.status(EVERY[6][0]), error_details_pb2.PreconditionFailure).violations
    assert [(c.type, c.subject, c.description) for c in conflicts] == [("constraint", "max_budget", "by 0.1")]
    assert details(table.status(EVERY[8][0]), error_details_pb2.RetryInfo).retry_delay.seconds == 1
