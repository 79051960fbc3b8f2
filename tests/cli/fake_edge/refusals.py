"""Refusals as the platform words them, and ids that tests can predict."""

from uuid import UUID

from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc_status import rpc_status


def mint(number: int) -> str:
    """A UUID that tests can predict."""
    return str(UUID(int=number))


def refuse(context, code, reason, message, *, violations=(), preconditions=(), retry=None):
    """Ends the call as the platform would: google.rpc.Status with ErrorInfo and what belongs to it."""
    context.abort_with_status(rpc_status.to_status(status_of(code, reason, message, violations, preconditions, retry)))


def status_of(code, reason, message, violations=(), preconditions=(), retry=None):
    status = status_pb2.Status(code=code.value[0], message=message)
    status.details.add().Pack(details.ErrorInfo(reason=reason, domain="fake.qpo"))
    if violations:
        bad = details.BadRequest()
        for field, description in violations:
            bad.field_violations.add(field=field, description=description)
        status.details.add().Pack(bad)
    if preconditions:
        failure = details.PreconditionFailure()
        for type_, subject, description in preconditions:
            failure.violations.add(type=type_, subject=subject, description=description)
        status.details.add().Pack(failure)
    if retry is not None:
        info = details.RetryInfo()
        info.retry_delay.FromMilliseconds(int(retry * 1000))
        status.details.add().Pack(info)
    return status
