"""How far a caller reaches into datasets, as row-level security is told (chassis.reach).

Beside `tenant/user`, whose datasets they may write, stands `tenant/`, whose datasets they may read.
"""

from __future__ import annotations

from chassis.reach import named
from services.marketdata.domain.dataset import Caller


def reach_of(caller: Caller) -> str:
    """What a statement or a transaction for this caller states."""
    return f"{caller.tenant_id}/ {named([(caller.tenant_id, caller.user_id)])}"
