"""The five services as programs: which peers each one calls, and the environment that tells it where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from stack.addresses import Addresses, service_of
from stack.identities import DOMAIN, OWNER, callers_of
from stack.layout import ROOT, Layout, replace_secret
from stack.part import LEAVING, Command
from stack.probes import ask_grpc
from stack.settings import SECRETS_DIR

# Whom a service calls besides auth, whose keys everyone asks for.
PEERS: Mapping[str, tuple[str, ...]] = {
    "auth": (),
    "portfolio": ("optimizer", "marketdata"),
    "marketdata": (),
    "ml": ("marketdata",),
    "optimizer": ("portfolio", "ml", "marketdata"),
}
WITH_SCHEMA = frozenset({"auth", "portfolio", "marketdata", "optimizer"})
# Who encrypts what it stores.
WITH_VAULT = frozenset({"auth", "portfolio"})
# Many processes share few cores: one thread each for linear algebra. gRPC reads its level when it is imported; below
# ERROR it writes lines among the service's that are not JSON.
COMMON: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
    "GRPC_VERBOSITY": "ERROR",
}


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores that services are pointed at."""

    # Of a role that may create schemas and roles.
    postgres_url: str
    redis_url: str
    kafka_url: str = ""  # empty: the bus is in Redis


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """A replica of a service, started here."""

    # The replica's, e.g. `portfolio-2`.
    name: str
    addresses: Addresses
    stores: Stores
    layout: Layout
    # Its program and arguments, in which `{name}` is the service's name.
    program: tuple[str, ...]
    # Whatever else the service is told, by environment variable.
    extra: Mapping[str, str]

    @property
    def service(self) -> str:
        """Which service it is a replica of: replicas share program, schema and keys."""
        return service_of(self.name)

    @property
    def address(self) -> str:
        """Its gRPC address."""
        return self.addresses.service(self.name)

    @property
    def port(self) -> int:
        """Its gRPC port."""
        return self.addresses.ports[self.name]

    @property
    def needs(self) -> tuple[str, ...]:
        """Its stores. Not its peers: a call that finds one missing fails, and is asked again."""
        postgres = ("postgres",) if self.service in WITH_SCHEMA else ()
        return (*postgres, "redis")

    @property
    def command(self) -> Command:
        """The service's own program."""
        program = tuple(word.replace("{name}", self.service) for word in self.program)
        return Command(program, self._environment(), ROOT)

    def _environment(self) -> dict[str, str]:
        settings = {
            "HOST": self.addresses.host,
            "PORT": str(self.addresses.ports[self.name]),
            "METRICS_PORT": str(self.addresses.ports[f"{self.name}_metrics"]),
            "LEAVE_SECONDS": f"{LEAVING:g}",
            "AUTH_ADDRESS": self.addresses.peers("auth"),
            **{f"{peer.upper()}_ADDRESS": self.addresses.peers(peer) for peer in PEERS[self.service]},
            "PAGE_TOKEN_KEY_FILE": str(self.layout.secret_file(self.service, "page_token_key")),
        }
        if self.service in WITH_VAULT:
            settings["KEYRING_FILE"] = str(self.layout.secrets(self.service) / "keyring.json")
        if self.service == "marketdata":
            settings["ARCHIVE_URL"] = self.layout.data("archive").resolve().as_uri()
        if self.addresses.tls:
            identity = self.layout.identity(self.service)
            settings["TLS_IDENTITY_FILE"] = str(identity.file)
            settings["TLS_AUTHORITY_FILE"] = str(identity.authority)
            settings["TLS_DOMAIN"] = DOMAIN
            settings["TLS_CALLERS"] = json.dumps(callers_of(self.service))
        if self.service == "auth":
            settings["KEYS_DIR"] = str(self.layout.secrets("auth"))
            settings["AUDIT_HEADS_DIR"] = str(self.layout.data("audit_heads"))
        named = {f"QPO_{self.service.upper()}_{key}": value for key, value in settings.items()}
        folders = [*filter(None, [os.environ.get(SECRETS_DIR)]), str(self._told)]
        return {**COMMON, SECRETS_DIR: os.pathsep.join(folders), **named, **self.extra}

    @property
    def _told(self) -> Path:
        """The folder of what it is told by files, since it may hold passwords."""
        return self.layout.secrets(self.service) / "told"

    def _secrets(self) -> dict[str, str]:
        secrets = {"REDIS_URL": self.stores.redis_url}
        secrets |= {"BUS_URL": self.stores.kafka_url} if self.stores.kafka_url else {}
        if self.service in WITH_SCHEMA:
            secrets |= {"MIGRATION_URL": self.stores.postgres_url, "DATABASE_URL": self._database_url()}
        return {f"QPO_{self.service.upper()}_{key}": value for key, value in secrets.items()}

    def _database_url(self) -> str:
        """The same database as the service's own role; with a password unless a local socket vouches for it."""
        parts = urlsplit(self.stores.postgres_url)
        host = parts.netloc.rpartition("@")[2]
        role = f"qpo_{self.service}"
        if host:
            role += ":" + quote(self.layout.secret_file(self.service, "database_password").read_text())
        return urlunsplit(parts._replace(netloc=f"{role}@{host}"))

    def prepare(self) -> None:
        """Makes the folder of its keys, and writes what it is told by files."""
        self._told.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, value in self._secrets().items():
            replace_secret(self._told / name, value)

    def settle(self) -> None:
        """A service settles its own schema."""

    def probe(self) -> None:
        """Calls its health service, which is a real RPC through the whole server."""
        proof = (self.layout.identity(OWNER), self.layout.identity(self.service)) if self.addresses.tls else ()
        ask_grpc(self.address, *proof)
