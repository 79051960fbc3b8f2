"""Links between the contract's messages and the domain; pure."""

from __future__ import annotations

from qpo.auth.v1 import user_service_pb2 as pb

from services.auth.domain.link import Term
from services.auth.rpc.codec import time_in


def term_from(request: pb.LinkAdvisorRequest) -> Term:
    """From when until when. Raises InvalidRequest for a time that is none."""
    return Term(time_in(request, "valid_from"), time_in(request, "valid_until"))
