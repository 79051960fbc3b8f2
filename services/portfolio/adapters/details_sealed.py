"""What a portfolio is called and what it is for, as it lies in the store: one text, sealed under its tenant's key.

    details = [name, strategy as JSON, constraints as JSON], as JSON

Cash, weights and holdings stay in clear: PostgreSQL keeps their scales and their signs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chassis.turns import Turns
from chassis.vault import Before, Column, KeyGone, Place, Sealed, Vault, packed, unpacked
from services.portfolio.adapters.mandate_json import encode_constraints, encode_strategy
from services.portfolio.adapters.rows import portfolio_of
from services.portfolio.domain.portfolio import Portfolio

if TYPE_CHECKING:
    import asyncpg

Texts = tuple[str, str, str]
# Rows opened at once, their keys asked for together: a few milliseconds of work where each names thousands of assets.
_TOGETHER = 10


async def _from_before(row: Any) -> bytes:
    return _written((row["name"], row["strategy"], row["constraints"]))


DETAILS = Column(
    "portfolio",
    "portfolios",
    "details",
    Before("name, strategy::text, constraints::text", "name = NULL, strategy = NULL, constraints = NULL", _from_before),
)


class SealedDetails:
    """Seals what is written and opens what is read; raises KmsUnavailable where a key cannot be had."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    async def seal(self, portfolio: Portfolio) -> Sealed:
        """The details, for this portfolio's row alone."""
        texts = (portfolio.name, encode_strategy(portfolio.strategy), encode_constraints(portfolio.constraints))
        return await self.vault.seal(portfolio.tenant_id, DETAILS.place(portfolio.id), _written(texts))

    async def portfolios(self, rows: Sequence[asyncpg.Record]) -> list[Portfolio]:
        """Rows of sql.READ, sql.READ_ALL or sql.PAGE; without those whose tenant's keys were destroyed meanwhile.

        A row references its key: if that is gone, so is the row.
        """
        found, turns = list[Portfolio](), Turns()
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            for row, texts in zip(some, await asyncio.gather(*map(self._texts, some)), strict=True):
                if texts is not None:
                    await turns.give()
                    found.append(portfolio_of(row, *texts))
        return found

    async def portfolio(self, row: asyncpg.Record | None) -> Portfolio | None:
        """One row, or none."""
        found = [] if row is None else await self.portfolios([row])
        return found[0] if found else None

    async def pack(self, tenant_id: str, place: Place, clear: bytes) -> bytes:
        """Whatever else tells of a tenant's portfolios, for one place."""
        return packed(await self.vault.seal(tenant_id, place, clear))

    async def unpack(self, place: Place, value: bytes) -> bytes | None:
        """What was packed, or as it is if it is from before; None if its tenant's keys were destroyed."""
        sealed = unpacked(value)
        if sealed is None:
            return value
        try:
            return await self.vault.open(place, sealed)
        except KeyGone:
            return None

    async def _texts(self, row: asyncpg.Record) -> Texts | None:
        if row["key_id"] is None:
            return row["name"], row["strategy"], row["constraints"]
        try:
            clear = await self.vault.open(DETAILS.place(str(row["id"])), Sealed(row["key_id"], row["details"]))
        except KeyGone:
            return None
        name, strategy, constraints = json.loads(clear)
        return name, strategy, constraints


def _written(texts: Texts) -> bytes:
    return json.dumps(texts, ensure_ascii=False).encode()
