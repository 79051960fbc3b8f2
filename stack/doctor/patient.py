"""Whom is examined: a state folder, and the mesh that runs in it, if one does."""

from __future__ import annotations

from dataclasses import dataclass

from stack.addresses import Addresses
from stack.layout import Layout
from stack.postgres import Postgres
from stack.record import Lock, Record
from stack.redis import Redis
from stack.settings import MeshSettings


@dataclass(frozen=True, slots=True)
class Patient:
    """The mesh of a state folder, running or not."""

    settings: MeshSettings
    layout: Layout
    # What was last written down of it; empty if nothing was.
    record: Record
    runs: bool

    @classmethod
    def of(cls, settings: MeshSettings) -> Patient:
        """The mesh of the settings' state folder."""
        layout = Layout.of(settings.state_dir)
        return cls(settings, layout, Record.read(layout), Lock.is_held(layout.lock))

    @property
    def addresses(self) -> Addresses | None:
        """Where its parts answer; None if it does not run."""
        return self.record.addresses if self.runs else None

    @property
    def postgres_url(self) -> str | None:
        """Of a server that should answer now: the running mesh's, or one that runs elsewhere; None if there is none."""
        if self.addresses is None:
            return self.settings.postgres_url.get_secret_value() if self.settings.postgres_url else None
        here = Postgres(self.layout.data("postgres"), self.layout.sockets("postgres")).url()
        return self.addresses.external.get("postgres", here)

    @property
    def redis_url(self) -> str | None:
        """As of PostgreSQL."""
        if self.addresses is None:
            return self.settings.redis_url.get_secret_value() if self.settings.redis_url else None
        here = Redis(self.layout.data("redis"), self.layout.sockets("redis")).url
        return self.addresses.external.get("redis", here)
