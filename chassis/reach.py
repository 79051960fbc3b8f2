"""How far a statement reaches into the rows of users: two walls, and one authorization that both stand on.

`authorize` says how far a caller reaches for what they do. The first wall is each statement's own WHERE, which names
that reach. The second is PostgreSQL's row-level security: whatever a statement's WHERE says, or forgets to say, it sees
and writes the rows of those alone whom the setting `qpo.reach` names:

    qpo.reach = "tenant/user" of a caller, or of several; with "everyone" beside it for whom all that users own is open;
                "everyone system" for background work, which also reads what no caller does

The setting is made by the statement itself (`alone`), or is the first thing in its transaction (`enter`), and ends with
it. A connection that goes back to the pool reaches nothing, and a statement that names nobody sees nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from chassis.principal import Principal

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = Any

EVERYONE = "everyone"
SYSTEM = "everyone system"

_ENTER = "SELECT set_config('qpo.reach', $1, true)"
_WORDS = "(SELECT string_to_array(current_setting('qpo.reach', true), ' '))::text[]"


class Action(StrEnum):
    """What is done to a resource."""

    READ = "read"
    WRITE = "write"


class Reader(Protocol):
    """Who reads or writes, and how far: what is theirs, or everyone's."""

    @property
    def tenant_id(self) -> str:
        """Of the reader."""
        ...

    @property
    def user_id(self) -> str:
        """Of the reader."""
        ...

    @property
    def everyone(self) -> bool:
        """Whether what others own is within reach too."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose rows a caller may touch: their own, those of others who entrust them to the caller, or everyone's."""

    user_id: str
    tenant_id: str
    everyone: bool = False
    entrusted: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing that users own; with these scopes one may do with everyone's what others may with their own.

    With those of `entrusted`, with what its owner entrusts to the caller: who does, whoever keeps the things knows.
    """

    name: str
    over_all: Mapping[Action, str]
    entrusted: Mapping[Action, str] = field(default_factory=dict)


def authorize(principal: Principal, action: Action, resource: Resource) -> Reach:
    """Returns how far a caller reaches among the resources of a kind, for what they do."""
    who = (principal.user_id, principal.tenant_id)
    if _may(principal, resource.over_all.get(action)):
        return Reach(*who, everyone=True)
    return Reach(*who, entrusted=_may(principal, resource.entrusted.get(action)))


def _may(principal: Principal, scope: str | None) -> bool:
    return scope is not None and principal.may(scope)


def reach_of(*readers: Reader) -> str:
    """Returns the setting that admits the rows of all of these readers."""
    names = named((reader.tenant_id, reader.user_id) for reader in readers)
    return f"{EVERYONE} {names}" if any(reader.everyone for reader in readers) else names


def named(owners: Iterable[tuple[str, str]]) -> str:
    """Returns the setting that admits the rows of these owners, each a tenant's id and a user's."""
    names = {f"{tenant}/{user}" for tenant, user in owners}
    if any(" " in name for name in names):
        raise ValueError("no id of a tenant or user has a blank")
    return " ".join(sorted(names))


def alone(place: int) -> str:
    """Returns the condition by which a statement that runs by itself states its reach, its parameter at `place`.

    It must stand at the top of the WHERE, joined by AND. A condition without columns is checked once, above every scan
    of the plan; were it checked after one, that would have seen nothing.
    """
    return f"(SELECT set_config('qpo.reach', ${place}::text, true)) IS NOT NULL"


async def enter(connection: Connection, reach: str) -> None:
    """States the reach of a transaction: of all that comes behind it, until it ends."""
    await connection.execute(_ENTER, reach)


# Migrations that were released are made of what follows: it is added to, and never changed.


def walled(table: str, *, above: str = EVERYONE) -> str:
    """Returns the DDL by which a row of `table` is within the reach of its owner, and of whoever has `above`."""
    pair = "(tenant_id::text || '/' || user_id::text)"
    return _wall(table, f"'{above}' = ANY ({_WORDS}) OR {pair} = ANY ({_WORDS})")


def walled_below(table: str, column: str, above: str) -> str:
    """Returns the DDL by which a row of `table` is within reach if that of `above` is which `column` names."""
    return _wall(table, f"EXISTS (SELECT FROM {above} WHERE {above}.id = {table}.{column})")


def walled_for_system(table: str) -> str:
    """Returns the DDL by which everybody may add rows to `table`, and background work alone read and change them."""
    told = "coalesce(current_setting('qpo.reach', true), '') <> ''"
    return (
        _wall(table, f"'system' = ANY ({_WORDS})") + f"CREATE POLICY told ON {table} FOR INSERT WITH CHECK ({told});\n"
    )


def unwalled(table: str, *policies: str) -> str:
    """Returns the DDL that takes the wall away."""
    dropped = "".join(f"DROP POLICY {policy} ON {table};\n" for policy in policies or ("reach",))
    return f"{dropped}ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;\n"


def _wall(table: str, condition: str) -> str:
    return f"""
CREATE POLICY reach ON {table} USING ({condition});
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
"""
