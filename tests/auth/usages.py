"""Minutes put into the history of use as if they had been judged, and as doors tell them."""

from dataclasses import replace
from uuid import NAMESPACE_DNS, uuid5

from google.protobuf.timestamp_pb2 import Timestamp
from qpo.audit.v1 import events_pb2 as pb

_ROW = """
INSERT INTO usage_minutes (user_id, minute, calls, refused, invalid, not_found, writes, bytes_in, methods, addresses,
                           logins, refusals, admin_actions, scored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now())
"""


async def remember(connection, usages):
    await connection.executemany(_ROW, [_row(usage) for usage in usages])


def _row(u):
    distinct = list(range(u.methods)), list(range(u.addresses))
    counts = (u.calls, u.refused, u.invalid, u.not_found, u.writes, u.bytes_in)
    return (u.user_id, u.minute, *counts, *distinct, u.logins, u.refusals, u.admin_actions)


def named(usage):
    """The same of a user whose id is a UUID."""
    return replace(usage, user_id=str(uuid5(NAMESPACE_DNS, usage.user_id)))


def summed(usage):
    """As a door tells it."""
    began = Timestamp()
    began.FromDatetime(usage.minute)
    names = ("user_id", "calls", "refused", "invalid", "not_found", "writes", "bytes_in")
    counts = {name: getattr(usage, name) for name in names}
    different = {"methods": range(usage.methods), "addresses": range(usage.addresses)}
    return pb.AccessEvent(usage_summed=pb.UsageSummed(minute=began, **counts, **different))
