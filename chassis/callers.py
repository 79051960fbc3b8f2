"""Which peers may call what, by the names in their certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.errors import CallerRefused

# Where a certificate's names stand. Without any, grpc would take its common name for one, which anybody may choose.
_NAMES = "x509_subject_alternative_name"


class Callers:
    """Which peers may call what. A path that ends with `*` is a beginning."""

    def __init__(self, domain: str, allowed: Mapping[str, Sequence[str]]) -> None:
        """`allowed` is by name, under the trust domain `domain`."""
        self._begins = f"spiffe://{domain}/".encode()
        self._exact = {name: frozenset(paths) for name, paths in allowed.items()}
        self._under = {name: tuple(p[:-1] for p in paths if p.endswith("*")) for name, paths in allowed.items()}

    def admit(self, path: str, transport: Any) -> str:
        """Returns the name of who calls the method at `path`; raises CallerRefused if they may not."""
        name = self._name(transport.peer_identities() or ()) if transport.peer_identity_key() == _NAMES else ""
        if path not in self._exact.get(name, ()) and not path.startswith(self._under.get(name, ())):
            raise CallerRefused("this caller's certificate is not for calling this method")
        return name

    def _name(self, identities: Sequence[bytes]) -> str:
        """Returns the one name of ours among all that the certificate says; none if there is not just one."""
        ids = [each for each in identities if each.startswith(b"spiffe://")]
        if len(ids) != 1 or not ids[0].startswith(self._begins):
            return ""
        return ids[0][len(self._begins) :].decode(errors="replace")
