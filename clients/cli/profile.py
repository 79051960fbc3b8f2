"""The profile: which edge a user is logged in at, and the tokens, in a file that only they can read."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from clients.cli.problem import Problem

_PRIVATE = 0o600
_RENEW_BEFORE = 30.0


@dataclass(frozen=True)
class Profile:
    """One login. Times are Unix seconds."""

    edge: str
    email: str
    access_token: str
    refresh_token: str
    access_expires_at: float

    def stale(self, now: float) -> bool:
        """True if the access token has less than half a minute to live."""
        return now > self.access_expires_at - _RENEW_BEFORE

    def renewed(self, access_token: str, refresh_token: str, expires_in: float) -> "Profile":
        """The same login with its next pair of tokens."""
        return replace(
            self,
            access_token=access_token,
            refresh_token=refresh_token,
            access_expires_at=time.time() + expires_in,
        )


class ProfileFile:
    """A named profile under `$XDG_CONFIG_HOME/qpo`, mode 0600, replaced whole so that no reader sees half of it."""

    def __init__(self, name: str, folder: Path | None = None) -> None:
        if not name.replace("-", "").replace("_", "").isalnum():
            raise Problem(f"{name!r} is no profile name", [("--profile", "use letters, digits, hyphens, underscores")])
        self.path = (folder or _folder()) / f"{name}.json"

    def read(self) -> Profile | None:
        """The login, or None if there is none. Raises Problem if others may read the file or it is damaged."""
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        if mode & 0o077:
            raise Problem(f"{self.path} can be read by others", [("", f"chmod 600 {self.path}, or qpo logout")])
        try:
            return Profile(**json.loads(text))
        except (ValueError, TypeError):
            raise Problem(f"{self.path} is damaged", [("", "delete it and log in again: qpo login EMAIL")]) from None

    def write(self, profile: Profile) -> None:
        """Stores the login."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(f".{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(asdict(profile), out, indent=1)
        fresh.replace(self.path)

    def delete(self) -> None:
        """Forgets the login."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds off other `qpo` processes: two that spend the same refresh token would revoke the login."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _folder() -> Path:
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(configured) if configured else Path.home() / ".config") / "qpo"
