"""A column of sealed fields, as the sweep sees it: beside the body stands `key_id`, and the row's id and tenant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chassis.vault.envelope import Place


@dataclass(frozen=True, slots=True)
class Before:
    """What a column held before there were keys per tenant: rows whose key_id is null."""

    reads: str  # an SQL list of what is read of such a row besides
    clears: str  # an SQL list of assignments that make such a row forget it
    opened: Callable[[Any], Awaitable[bytes]]  # the field of such a row, in clear


@dataclass(frozen=True, slots=True)
class Column:
    """Its name and its statements; all names are our own."""

    schema: str
    table: str
    column: str
    before: Before | None = None

    @property
    def name(self) -> str:
        """As metrics and logs name it."""
        return f"{self.schema}.{self.table}.{self.column}"

    def place(self, row_id: str) -> Place:
        """Where a row's field lies."""
        return Place(f"{self.schema}.{self.table}", self.column, row_id)

    @property
    def under(self) -> str:
        """Reads up to $3 rows that lie under the keys $1, without the rows $2."""
        return f"{self._read('')} WHERE key_id = ANY ($1::uuid[]) AND id <> ALL ($2::uuid[]) LIMIT $3"

    @property
    def from_before(self) -> str:
        """Reads up to $2 rows from before, without the rows $1."""
        more = f", {self.before.reads}" if self.before else ""
        return f"{self._read(more)} WHERE key_id IS NULL AND id <> ALL ($1::uuid[]) LIMIT $2"

    @property
    def write(self) -> str:
        """Puts body $2 and key $3 into the row $1, if nobody has changed its body $4 and key $5 meanwhile."""
        clears = f", {self.before.clears}" if self.before else ""
        return f"""
        UPDATE {self.table} SET {self.column} = $2, key_id = $3{clears}
        WHERE id = $1 AND {self.column} IS NOT DISTINCT FROM $4 AND key_id IS NOT DISTINCT FROM $5::uuid
        """  # noqa: S608 - made of constants, as all here

    @property
    def left(self) -> str:
        """Counts the rows that lie under a retired key, or are from before."""
        return f"""
        SELECT (SELECT count(*) FROM {self.table} t JOIN tenant_keys k ON k.id = t.key_id
                WHERE k.retired_at IS NOT NULL AND k.swept_at IS NULL)
             + (SELECT count(*) FROM {self.table} WHERE key_id IS NULL)
        """  # noqa: S608

    @property
    def uses(self) -> str:
        """Whether a row lies under the key k.id."""
        return f"EXISTS (SELECT 1 FROM {self.table} t WHERE t.key_id = k.id)"  # noqa: S608

    def _read(self, more: str) -> str:
        return f"SELECT id::text, tenant_id::text, {self.column} AS body, key_id::text{more} FROM {self.table}"  # noqa: S608
