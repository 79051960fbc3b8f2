"""How far a caller reaches into portfolios, as row-level security is told (chassis.reach).

Beside `tenant/user`, whose portfolios they may read and write, stands `for/user`: what clients of that advisor own is
within reach too, to be read, while their link is valid. A statement that says so writes nothing.
"""

from __future__ import annotations

from chassis.reach import reach_of
from services.portfolio.app.ports import Reach


def stated(reach: Reach) -> str:
    """What a reading statement within this reach states."""
    return f"{reach_of(reach)} for/{reach.user_id}" if reach.clients else reach_of(reach)
