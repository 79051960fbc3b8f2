import inspect

import pytest
from google.rpc import error_details_pb2
from qpo.auth.v1 import error_reason_pb2

from services.auth.domain import errors
from services.auth.rpc.errors import error_table

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.AuthError) and kind is not errors.AuthError
]


def raised(kind):
    arguments = {
        errors.WeakPassword: ["too short"],
        errors.Overloaded: [2.5],
        errors.TooManyAttempts: [60.0, "account"],
        errors.InvalidLink: ["client_id", "name another"],
        errors.TooFewMinutes: [7, 500],
    }
    return kind(*arguments.get(kind, []))


def details(status):
    info, rest = error_details_pb2.ErrorInfo(), []
    for detail in status.details:
        if not detail.Unpack(info):
            rest.append(detail)
    return info, rest


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_domain_has_a_reason_in_the_contract(kind):
    info, _ = details(error_table().status(raised(kind)))
    assert f"ERROR_REASON_{info.reason}" in error_reason_pb2.ErrorReason.keys()  # noqa: SIM118
    assert info.domain == "auth.qpo"


def test_no_two_errors_share_a_reason():
    reasons = {details(error_table().status(raised(kind)))[0].reason for kind in KINDS}
    assert len(reasons) == len(KINDS)


def test_a_weak_password_names_its_field_and_what_is_wrong():
    _, rest = details(error_table().status(errors.WeakPassword("too short")))
    request = error_details_pb2.BadRequest()
    assert rest[0].Unpack(request)
    assert [(v.field, v.description) for v in request.field_violations] == [("password", "too short")]


def test_an_overload_says_when_to_come_back():
    _, rest = details(error_table().status(errors.Overloaded(retry_after=2.5)))
    retry = error_details_pb2.RetryInfo()
    assert rest[0].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 2500
