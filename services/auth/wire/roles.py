"""Roles as the contract names them."""

from __future__ import annotations

from collections.abc import Iterable

from qpo.auth.v1 import user_pb2 as pb

from services.auth.domain.roles import Role

_ROLES = {Role.USER: pb.ROLE_USER, Role.ADVISOR: pb.ROLE_ADVISOR, Role.ADMIN: pb.ROLE_ADMIN}
_FROM_WIRE = {wire: role for role, wire in _ROLES.items()}


def role_from(wire: pb.Role) -> Role:
    """The domain's role; raises KeyError for ROLE_UNSPECIFIED, which validation has refused before."""
    return _FROM_WIRE[wire]


def role_messages(roles: Iterable[Role]) -> list[pb.Role]:
    """The roles in the order of the enum."""
    return sorted(_ROLES[role] for role in roles)
