"""Links as the contract shows them."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from qpo.auth.v1 import user_pb2 as pb

from services.auth.domain.link import Link


def link_message(link: Link) -> pb.Link:
    """A link."""
    return pb.Link(
        advisor_id=link.advisor_id,
        client_id=link.client_id,
        valid_from=_timestamp(link.valid_from),
        valid_until=None if link.valid_until is None else _timestamp(link.valid_until),
        created_at=_timestamp(link.created_at),
    )


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
