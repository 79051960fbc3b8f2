"""Makes the secrets of an installation: `python -m tools.pod_secrets FOLDER [kind|compose]`.

A folder for each, mode 0700, files 0600. Keys and passwords are random; urls are those of the stores that the kind
overlay, or deploy/compose.yaml, brings: edit them for others. `kubectl create secret generic NAME
--from-file=FOLDER/NAME` gives one to Kubernetes.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stack.addresses import SERVICES
from stack.services import WITH_SCHEMA

# PostgreSQL and Redis.
PLACES = {"kind": ("postgres.stores:5432", "redis.stores:6379"), "compose": ("postgres:5432", "redis:6379")}
# What is kept beside the secrets on one machine, where there are no volumes of other owners.
KEPT = ("postgres-data", "redis-data", "auth-keyring", "portfolio-keyring", "audit-heads")
# What auth signs with, and what it seals and derives with.
SIGNING = ("signing.pem", "audit_heads.pem")
SEALING = ("audit.key", "audit_chain.key", "security.key", "refresh.key")
# Its memory has a bound below its container's, at which that would kill it: what has a lifetime it forgets, and streams
# have none.
REDIS_CONF = """\
requirepass {password}
appendonly yes
appendfsync always
maxmemory 384mb
maxmemory-policy volatile-lru
dir /data
"""


def installation(postgres: str, redis: str) -> Mapping[str, Mapping[str, bytes]]:
    """Returns every secret by its name: names of files, and their contents, fresh."""
    owner, passed = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    made: dict[str, Mapping[str, bytes]] = {
        "auth-keys": auth_keys(),
        "postgres": {"password": owner.encode()},
        "redis": {"redis.conf": REDIS_CONF.format(password=passed).encode()},
    }
    for service in SERVICES:
        prefix = f"QPO_{service.upper()}"
        stores = {f"{prefix}_REDIS_URL": f"redis://:{passed}@{redis}/0".encode()}
        if service in WITH_SCHEMA:
            own = f"postgresql://qpo_{service}:{secrets.token_urlsafe(24)}@{postgres}/qpo".encode()
            stores |= {f"{prefix}_DATABASE_URL": own, "page_token_key": secrets.token_bytes(32)}
            migration = f"postgresql://postgres:{owner}@{postgres}/qpo".encode()
            made[f"{service}-migration"] = {f"{prefix}_DATABASE_URL": own, f"{prefix}_MIGRATION_URL": migration}
        made[f"{service}-secrets"] = stores
    return made


def auth_keys() -> Mapping[str, bytes]:
    """Returns what lies in auth's key folder."""
    signing = {name: _signing_key() for name in SIGNING}
    sealing = {name: secrets.token_bytes(32) for name in SEALING}
    return signing | sealing | {"bootstrap_secret": secrets.token_urlsafe(32).encode() + b"\n"}


def _signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write(folder: Path, made: Mapping[str, Mapping[str, bytes]]) -> None:
    """Writes all of it into a new folder, whole or not at all. Raises FileExistsError if there is one."""
    if folder.exists():
        raise FileExistsError(folder)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    for name, files in made.items():
        (draft / name).mkdir(mode=0o700, parents=True)
        for file, content in files.items():
            descriptor = os.open(draft / name / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(content)
    draft.rename(folder)


def main(folder: Path, where: str) -> None:
    """Writes the secrets for stores in a place of PLACES."""
    if where not in PLACES:
        sys.exit(f"where are the stores? One of {', '.join(PLACES)}, not {where}")
    os.umask(0o077)
    try:
        kept: dict[str, dict[str, bytes]] = {name: {} for name in KEPT} if where == "compose" else {}
        write(folder, {**installation(*PLACES[where]), **kept})
    except FileExistsError:
        sys.exit(f"{folder} is there already: other keys would lose what the present ones have sealed")


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else "kind")
