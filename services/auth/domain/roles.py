"""Roles, the scopes that each one grants, and what each scope implies.

Tokens carry the closure, so that a verifier needs plain membership and never this table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What a user may do, in rising order of power."""

    USER = "user"
    ADVISOR = "advisor"
    ADMIN = "admin"


READ_SCOPES: Final = frozenset({"read:portfolio", "read:marketdata", "read:client_portfolio", "read:reports"})
WRITE_SCOPES: Final = frozenset({"write:portfolio", "write:marketdata", "write:client_portfolio"})

_USER: Final = frozenset(
    {"read:portfolio", "write:portfolio", "read:marketdata", "write:marketdata", "run:optimization"}
)
_ADVISOR: Final = _USER | {"read:client_portfolio", "write:client_portfolio", "read:reports"}
_ADMIN: Final = frozenset({"read:all", "write:all", "admin:users", "ingest:ticks"})

GRANTS: Final[Mapping[Role, frozenset[str]]] = MappingProxyType(
    {Role.USER: _USER, Role.ADVISOR: _ADVISOR, Role.ADMIN: _ADMIN}
)

# Who may write everything may also have it computed.
IMPLIED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"read:all": READ_SCOPES, "write:all": WRITE_SCOPES | {"run:optimization"}}
)


def closure(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with everything that they imply, directly or through another."""
    held: set[str] = set()
    unseen = set(scopes)
    while unseen:
        scope = unseen.pop()
        held.add(scope)
        unseen |= IMPLIED.get(scope, frozenset()) - held
    return frozenset(held)


def scopes_of(roles: Iterable[Role]) -> frozenset[str]:
    """Every scope that the roles grant, closed under implication."""
    return closure(scope for role in roles for scope in GRANTS[role])
