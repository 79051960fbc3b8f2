"""Who this process is to its peers, and who they must be: certificates of one authority, by SPIFFE ID.

The files may be replaced at any time: the next connection in or out uses what lies there then.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc


@dataclass(frozen=True)
class Identity:
    """Where this process's key and certificate, and the authority whose certificates it believes, lie (PEM)."""

    file: Path  # the key and the certificate, together, so that they are replaced together
    authority: Path
    domain: str  # the trust domain of all ids, e.g. `qpo.local`

    def server_credentials(self) -> grpc.ServerCredentials:
        """Returns what a server listens with that asks every peer for a certificate; read again when replaced."""
        watch = Watch(self.file)

        def newest() -> Any:
            return self._configuration() if watch.replaced() else None

        return grpc.dynamic_ssl_server_credentials(self._configuration(), newest, require_client_authentication=True)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Returns what a channel connects with, as the files are now."""
        own = self.file.read_bytes()
        return grpc.ssl_channel_credentials(self.authority.read_bytes(), own, own)

    def _configuration(self) -> Any:
        own = self.file.read_bytes()
        return grpc.ssl_server_certificate_configuration([(own, own)], self.authority.read_bytes())


@dataclass(frozen=True)
class Peer:
    """A service that must prove to be `name` when it is connected to."""

    identity: Identity
    name: str

    @property
    def host(self) -> str:
        """The name in its certificate that grpc compares: it looks at hosts' names alone."""
        return f"{self.name}.{self.identity.domain}"


class Watch:
    """Tells whether a file was replaced since one last asked."""

    def __init__(self, path: Path, every: float = 0.0) -> None:
        """Looks at most once in `every` seconds."""
        self._path, self._every = path, every
        self._seen, self._next = self._look(), 0.0

    def replaced(self) -> bool:
        """True once for every replacement."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._every
        before = self._seen
        # While it is not there, what was read before counts on.
        with suppress(OSError):
            self._seen = self._look()
        return before != self._seen

    def _look(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_ino, found.st_mtime_ns
