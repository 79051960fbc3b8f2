"""Page tokens and cursors: sealed, and worthless for any other listing or dataset."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.paging import Listing, PageTokenInvalid, PageTokens
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.errors import CursorInvalid
from services.marketdata.domain.ticks import Position


@dataclass(frozen=True, slots=True)
class Tokens:
    """Seals and opens with one key."""

    tokens: PageTokens

    def listing(self, caller: Caller, method: str, *filters: object) -> Listing:
        """The page tokens of this listing."""
        return Listing(self.tokens, repr((method, caller.user_id, caller.tenant_id, filters)))

    def cursor(self, dataset_id: str, position: Position) -> str:
        """The cursor of a place among a dataset's ticks."""
        return self.tokens.encode(f"ticks of {dataset_id}", [position.epoch, str(position.version)])

    def position(self, dataset_id: str, cursor: str) -> Position | None:
        """The place that a cursor means; None for an empty one. Raises CursorInvalid."""
        try:
            parts = self.tokens.decode(f"ticks of {dataset_id}", cursor)
        except PageTokenInvalid as error:
            raise CursorInvalid from error
        return Position(parts[0], int(parts[1])) if parts else None

    def placed(self, series: str, place: int) -> str:
        """The cursor of a place among what changes of a series."""
        return self.tokens.encode(series, [str(place)])

    def place(self, series: str, cursor: str) -> int | None:
        """The place that a cursor of a series means; None for an empty one. Raises CursorInvalid."""
        try:
            parts = self.tokens.decode(series, cursor)
        except PageTokenInvalid as error:
            raise CursorInvalid from error
        return int(parts[0]) if parts else None
