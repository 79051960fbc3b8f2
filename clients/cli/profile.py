"""Profiles: for each installation that a user works with, its address, the login there, and what they like as defaults.

One file per profile, which only its owner can read; the file `current` names the one that is used when nobody says.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from clients.cli.problem import Problem

DEFAULT = "default"
_PRIVATE = 0o600
RENEW_BEFORE = 30.0  # seconds


@dataclass(frozen=True)
class StoredLogin:
    """One login: where, who, and the tokens, which no repr shows. Times are Unix seconds."""

    edge: str
    email: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_at: float

    def stale(self, now: float) -> bool:
        """True if the access token has less than half a minute to live."""
        return now > self.access_expires_at - RENEW_BEFORE

    def renewed(self, access_token: str, refresh_token: str, expires_in: float) -> "StoredLogin":
        """The same login with its next pair of tokens."""
        until = time.time() + expires_in
        return replace(self, access_token=access_token, refresh_token=refresh_token, access_expires_at=until)


@dataclass(frozen=True)
class Profile:
    """What a profile holds; what is empty was not set."""

    edge: str = ""
    ca_file: str = ""
    dataset: str = ""
    output: str = ""
    login: StoredLogin | None = None


class ProfileFile:
    """A named profile under `$XDG_CONFIG_HOME/qpo`, mode 0600, replaced whole so that no reader sees half of it."""

    def __init__(self, name: str = "", folder: Path | None = None) -> None:
        self.folder = folder or folder_of_profiles()
        self.name = _checked(name or current(self.folder))
        self.path = self.folder / f"{self.name}.json"

    def read(self) -> Profile | None:
        """The profile, or None if there is none. Raises Problem if others may read the file or it is damaged."""
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        if mode & 0o077:
            raise Problem(f"{self.path} can be read by others", [("", f"chmod 600 {self.path}, or qpo logout")])
        try:
            return _parsed(json.loads(text))
        except (ValueError, TypeError):
            raise Problem(f"{self.path} is damaged", [("", "delete it and log in again: qpo login EMAIL")]) from None

    def settings(self) -> Profile:
        """The profile, or one in which nothing is set."""
        return self.read() or Profile()

    def write(self, profile: Profile) -> None:
        """Stores the profile; one in which nothing is set leaves no file."""
        if profile == Profile():
            self.delete()
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(self.path, json.dumps(asdict(profile), indent=1))

    def log_in(self, login: StoredLogin | None) -> None:
        """Stores another login, or none; what else the profile holds stays."""
        self.write(replace(self.settings(), login=login))

    def delete(self) -> None:
        """Forgets the profile, login and all."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds off other `qpo` processes: two that spend the same refresh token would revoke the login."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def folder_of_profiles() -> Path:
    """Where profiles are kept: `$XDG_CONFIG_HOME/qpo`, else `~/.config/qpo`."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(configured) if configured else Path.home() / ".config") / "qpo"


def names(folder: Path) -> list[str]:
    """The profiles that there are, by name."""
    return sorted(path.stem for path in folder.glob("*.json"))


def current(folder: Path) -> str:
    """The profile that is used when nobody says which."""
    try:
        return (folder / "current").read_text(encoding="utf-8").strip() or DEFAULT
    except FileNotFoundError:
        return DEFAULT


def make_current(file: ProfileFile) -> None:
    """Uses this profile from now on."""
    file.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(file.folder / "current", f"{file.name}\n")


def replace_file(path: Path, text: str) -> None:
    """Writes a file that its owner alone can read, all at once."""
    fresh = path.with_suffix(f".{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    fresh.replace(path)


def _checked(name: str) -> str:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise Problem(f"{name!r} is no profile name", [("--profile", "use letters, digits, hyphens, underscores")])
    return name


def _parsed(stored: dict[str, Any]) -> Profile:
    """Raises TypeError on unknown fields. A profile of the first release was a login and nothing else."""
    if "access_token" in stored:
        return Profile(login=StoredLogin(**stored))
    login = stored.pop("login", None)
    return Profile(**stored, login=StoredLogin(**login) if login else None)
