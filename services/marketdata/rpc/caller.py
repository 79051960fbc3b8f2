"""Who calls."""

from __future__ import annotations

from chassis import context
from services.marketdata.domain.dataset import Caller


def caller() -> Caller:
    """Return whose call this is, by the token that the chassis has looked at."""
    who = context.principal()
    return Caller(who.user_id, who.tenant_id)
