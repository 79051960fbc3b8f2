"""Names for new things."""

from __future__ import annotations

import uuid_utils


class Uuid7Ids:
    """UUIDv7: unique everywhere, and in the order of their making, which keeps indexes dense."""

    def new(self) -> str:
        """Returns a UUID that was never returned before, e.g. `01987f6c-1c2b-7d3e-8f00-0123456789ab`."""
        return str(uuid_utils.uuid7())
