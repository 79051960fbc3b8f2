"""Where the stack keeps what: one folder, closed to others."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stack.identities import Identity
from stack.part import CannotStart
from stack.postgres import SOCKET_DIR_LIMIT

# The repository: the services are started here, the edge's template and the contracts are read from here.
ROOT = Path(__file__).resolve().parent.parent
LARGE_LOG = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Layout:
    """The places in a state folder."""

    root: Path

    @classmethod
    def of(cls, state_dir: Path) -> Layout:
        """Returns the layout of `state_dir`, which need not exist."""
        return cls(state_dir.expanduser().absolute())

    @property
    def lock(self) -> Path:
        """Held by the process that runs the mesh."""
        return self.root / "lock"

    @property
    def state(self) -> Path:
        """What that process last reported."""
        return self.root / "state.json"

    @property
    def control(self) -> Path:
        """The socket at which that process takes requests."""
        return self.sockets("control.sock")

    def log(self, part: str) -> Path:
        """The output of a part."""
        return self.root / "logs" / f"{part}.log"

    def data(self, part: str) -> Path:
        """What a part stores."""
        return self.root / "data" / part

    def secrets(self, part: str) -> Path:
        """The folder of a part's keys."""
        return self.root / "secrets" / part

    def identity(self, name: str) -> Identity:
        """What `name` is proven by, where certificates say who is who."""
        return Identity(name, self.secrets("tls"))

    def sockets(self, part: str) -> Path:
        """The folder of a part's unix socket, short enough for one."""
        near = self.root / "run" / part
        return near if len(str(near)) <= SOCKET_DIR_LIMIT else self._short() / part

    def _short(self) -> Path:
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"qpo-{os.geteuid()}-{name}"

    def make(self) -> None:
        """Makes the folders, closed to others. Raises CannotStart if that is impossible."""
        try:
            for folder in (self.root, self.root / "logs", self.root / "data", self.root / "secrets"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            run = self.sockets("any").parent
            run.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CannotStart(f"cannot use {self.root} as the state folder: {error.strerror}") from error
        if run.stat().st_uid != os.geteuid():
            raise CannotStart(f"{run} belongs to someone else: give a shorter state folder")
        self._set_aside_large_logs()

    def leave(self) -> None:
        """Removes what lies outside the state folder: the short folder of sockets, if there had to be one."""
        shutil.rmtree(self._short(), ignore_errors=True)

    def _set_aside_large_logs(self) -> None:
        for log in (self.root / "logs").glob("*.log"):
            if log.stat().st_size > LARGE_LOG:
                log.replace(log.with_suffix(".log.old"))

    def secret_file(self, part: str, name: str) -> Path:
        """Returns the path of a secret of `part`: 64 hexadecimal digits, made when first asked for, mode 0600."""
        folder = self.secrets(part)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / name
        if not path.exists():
            _write_once(path, secrets.token_hex(32))
        return path


def replace_secret(path: Path, content: str) -> None:
    """Writes the whole file with mode 0600, in place of what was there: of several writers the last wins."""
    _draft(path, content).replace(path)


def _write_once(path: Path, content: str) -> None:
    """Writes the whole file with mode 0600, unless it exists: of several writers the first wins."""
    draft = _draft(path, content)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _draft(path: Path, content: str) -> Path:
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    return Path(draft)
